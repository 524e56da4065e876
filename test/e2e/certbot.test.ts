/**
 * Issue 4: certbot's rfc2136 plugin, its own code, does its part of an ACME challenge against a zone of the database.
 */
import { spawnSync } from 'node:child_process'
import t from 'tap'
import { KEY } from '../transfer/house.ts'
import { dig, missing } from './dig.ts'
import { noServer, run, startServer } from './server.ts'

const NAME = KEY.name.replace(/\.$/, '')
const SECRET = Buffer.from(KEY.secret).toString('base64')
/** Debian's certbot is a module of Debian's own Python. */
const PYTHON = '/usr/bin/python3'
const SCRIPT = `
import sys, dns.tsig
from certbot_dns_rfc2136._internal import dns_rfc2136
port, key, secret, verb, name, text = sys.argv[1:]
client = dns_rfc2136._RFC2136Client('127.0.0.1', int(port), key, secret, dns.tsig.HMAC_SHA256)
client.add_txt_record(name, text, 60) if verb == 'add' else client.del_txt_record(name, text)
`
const noCertbot =
  spawnSync(PYTHON, ['-c', 'import certbot_dns_rfc2136']).status === 0
    ? false
    : "certbot's rfc2136 plugin is not installed (Debian: python3-certbot-dns-rfc2136)"

t.test(
  'certbot puts its challenge up and takes it down',
  { skip: noServer() || missing('dig') || noCertbot },
  async (t) => {
    const server = await startServer(
      t,
      { 'zones/own.zone': '$TTL 300\n@ SOA ns1 h 1 7200 900 1209600 300\n@ NS ns1\nns1 A 192.0.2.53\n' },
      [`keys: { ${NAME}: { algorithm: ${KEY.algorithm}, secret: "${SECRET}" } }`],
    )
    server.write(
      'shop.example.zone',
      '$TTL 300\n@ SOA ns1 h 1 7200 900 1209600 300\n@ NS ns1\nns1 A 192.0.2.53\nwww A 192.0.2.80\n',
    )
    t.equal((await server.meridian('zone', 'import', 'shop.example.zone')).exit, 0)
    t.equal((await server.meridian('zone', 'grant', 'shop.example', '--key', NAME, '--acme')).exit, 0)
    const certbot = (verb: 'add' | 'delete', name: string, text: string) =>
      run(PYTHON, ['-c', SCRIPT, String(server.port), NAME, SECRET, verb, name, text])

    const first = await certbot('add', '_acme-challenge.www.shop.example', 'first')
    t.equal(first.exit, 0, first.stderr)
    t.equal(
      (await certbot('add', '_acme-challenge.www.shop.example', 'second')).exit,
      0,
      'a second challenge beside it',
    )
    const up = (await dig(server, '_acme-challenge.www.shop.example TXT')).answer.join('\n')
    t.match(up, /"first"/)
    t.match(up, /"second"/)

    t.equal((await certbot('delete', '_acme-challenge.www.shop.example', 'first')).exit, 0)
    const left = (await dig(server, '_acme-challenge.www.shop.example TXT')).answer.join('\n')
    t.notMatch(left, /"first"/)
    t.match(left, /"second"/)

    const refused = await certbot('add', 'www.shop.example', 'not a challenge')
    t.not(refused.exit, 0, 'the key is granted challenges, nothing else')
    t.match(refused.stderr, /REFUSED/)
  },
)
