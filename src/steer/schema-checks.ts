/**
 * The schema of a check: one of http, https, tcp, tls, icmp, dns and command, with what it expects and how patient it is.
 */
import { z } from 'zod'
import { parseIpv4, parseIpv6 } from '../base/index.ts'
import { HYSTERESIS_PROFILES } from '../policy/index.ts'
import { domainName } from './names.ts'
import { parseStatusRange } from './scalars.ts'
import { between, duration, flag, integer, mapping, one, oneOrMore, port, scalar, text } from './schema-scalars.ts'

export const hysteresis = z
  .union([
    one(HYSTERESIS_PROFILES, 'a profile'),
    mapping(
      {
        profile: one(HYSTERESIS_PROFILES, 'where the figures that are not given come from (default normal)').optional(),
        interval: duration('pace of probes in calm').optional(),
        suspect_interval: duration('pace of probes while there is doubt').optional(),
        down_interval: duration('pace of probes while down').optional(),
        remove_after: duration('seconds of failure after which a node leaves').optional(),
        restore_after: duration('seconds without a failure after which it returns').optional(),
        drain: between('a number from 0.01 to 10', 0.01, 10)
          .describe('seconds of badness that one second of success takes away (default 0.5)')
          .optional(),
        adaptive: flag('learn remove_after from the bad spells that healed by themselves').optional(),
        fall: integer(
          'a number from 1 to 1000',
          1,
          1000,
          'remove_after as a number of probes: fall x interval',
        ).optional(),
        rise: integer(
          'a number from 1 to 1000',
          1,
          1000,
          'restore_after as a number of probes: rise x interval',
        ).optional(),
      },
      'a profile and figures of your own over it',
    ),
  ])
  .describe('how patient the check is: eager, normal (default) or patient')

const status = z.union([
  integer('a status code from 100 to 599', 100, 599),
  scalar('a status code or a range such as 200-299 or 2xx', (t) => parseStatusRange(t) !== undefined),
])
const statuses = oneOrMore(status, 'a list of status codes')
const expectHttp = z
  .union([
    statuses,
    mapping(
      {
        status: statuses.describe('status codes that are good (default 200-299)').optional(),
        body: text('text that the body must hold').optional(),
        body_pattern: scalar(
          'a regular expression',
          isPattern,
          'regular expression that the body must match',
        ).optional(),
        json: mapping(
          {
            path: text('a dotted path into the JSON body'),
            equals: z.json().describe('the value that must stand there'),
          },
          'a value in a JSON body',
        ).optional(),
        fresh: mapping(
          {
            header: text('a header that holds a timestamp').optional(),
            json: text('a dotted path to a timestamp in the JSON body').optional(),
            max_age: duration('its greatest age'),
          },
          'a timestamp that must be recent: "at most ten minutes behind"',
        ).optional(),
      },
      'what an answer must be; everything given must hold',
    ),
  ])
  .describe('what a good answer is (default: status 200-299)')

const http = {
  path: scalar(
    'a path that begins with /',
    (t) => /^\/[\x21-\x7e]*$/.test(t),
    'path of the request (default /)',
  ).optional(),
  port: port('default 80, https 443').optional(),
  method: one(['GET', 'HEAD', 'POST'], 'default GET').optional(),
  host: text('the Host header, and SNI for https').optional(),
  headers: z
    .record(
      z.string(),
      scalar('a header value without line breaks', (t) => !/[\r\n\0]/.test(t)),
      { error: 'a mapping of header names to values' },
    )
    .describe('further request headers')
    .optional(),
  expect: expectHttp.optional(),
}
const tls = {
  sni: text('the server name to ask for').optional(),
  verify: flag('verify the certificate chain and name (default true)').optional(),
  certificate_warning: duration('warn when the certificate ends within this time (default 14d)').optional(),
}

export const check = mapping(
  {
    http: mapping(http, 'an HTTP request').optional(),
    https: mapping({ ...http, ...tls }, 'an HTTPS request').optional(),
    tcp: mapping(
      {
        port: port('the port to connect to'),
        send: text('what to send once connected').optional(),
        expect: text('text that must come back').optional(),
      },
      'a TCP connection',
    ).optional(),
    tls: mapping({ port: port('default 443').optional(), ...tls }, 'a TLS handshake').optional(),
    icmp: mapping({}, 'an echo request').optional(),
    dns: mapping(
      {
        port: port('default 53').optional(),
        name: scalar('a domain name', (t) => domainName(t) !== undefined),
        type: scalar('a record type such as A or SOA', (t) => /^[A-Za-z0-9]{1,16}$/.test(t), 'default A').optional(),
        expect: text('rdata that must be among the answers').optional(),
      },
      'a DNS query',
    ).optional(),
    command: z
      .union([
        z.array(text('a word of the command'), { error: 'a list of words' }).min(1, { error: 'a list of words' }),
        mapping(
          { program: text('the program to run'), args: z.array(z.string(), { error: 'a list of words' }).optional() },
          'a program; exit code 0 is good',
        ),
      ])
      .describe('a program of your own; exit code 0 is good')
      .optional(),
    timeout: duration('a probe that takes longer has failed (default 2s)').optional(),
    budget: duration('a success that takes longer counts half a failure').optional(),
    source: scalar(
      'an IP address',
      (t) => parseIpv4(t) !== undefined || parseIpv6(t) !== undefined,
      'source address of probes',
    ).optional(),
    hysteresis: hysteresis.optional(),
  },
  'a probe (exactly one of http, https, tcp, tls, icmp, dns, command) and how patient to be',
)

function isPattern(pattern: string): boolean {
  try {
    new RegExp(pattern, 'u')
    return true
  } catch {
    return false
  }
}
