/**
 * WKS: which well-known services a host has (RFC 1035 3.4.2); nobody looks at it any more (RFC 1123 2.2).
 *
 *     address 4 | protocol 1 | bits for the ports 0, 1, 2 ..., port 0 the highest           10.0.0.1 tcp telnet smtp 80
 */
import { TYPE } from '../codes.ts'
import { code, ipv4 } from '../fields.ts'
import { type Field, layout } from '../layout.ts'

const PROTOCOLS: Readonly<Record<string, number>> = { ICMP: 1, IGMP: 2, GGP: 3, TCP: 6, EGP: 8, PUP: 12, UDP: 17 }

/** The services of RFC 1010 that zone files still name. */
const PORTS: ReadonlyMap<string, number> = new Map([
  ['echo', 7],
  ['discard', 9],
  ['systat', 11],
  ['daytime', 13],
  ['netstat', 15],
  ['qotd', 17],
  ['chargen', 19],
  ['ftp-data', 20],
  ['ftp', 21],
  ['ssh', 22],
  ['telnet', 23],
  ['smtp', 25],
  ['time', 37],
  ['nameserver', 42],
  ['nicname', 43],
  ['whois', 43],
  ['domain', 53],
  ['bootps', 67],
  ['bootpc', 68],
  ['tftp', 69],
  ['gopher', 70],
  ['finger', 79],
  ['http', 80],
  ['www', 80],
  ['kerberos', 88],
  ['hostnames', 101],
  ['pop2', 109],
  ['pop3', 110],
  ['sunrpc', 111],
  ['auth', 113],
  ['ident', 113],
  ['sftp', 115],
  ['nntp', 119],
  ['ntp', 123],
  ['netbios-ns', 137],
  ['netbios-dgm', 138],
  ['netbios-ssn', 139],
  ['imap', 143],
  ['imap2', 143],
  ['snmp', 161],
  ['snmp-trap', 162],
  ['snmptrap', 162],
  ['bgp', 179],
  ['irc', 194],
  ['https', 443],
])

const ports: Field = {
  parse(fields, out) {
    const octets = new Uint8Array(8192)
    let length = 0
    while (fields.more()) {
      const token = fields.field('service')
      const port = PORTS.get(token.toLowerCase()) ?? (/^\d{1,5}$/.test(token) ? Number(token) : 65536)
      if (port > 65535) fields.fail(`"${token}" is neither a port nor a service known here.`, 'Write its port.')
      octets[port >> 3]! |= 0x80 >> (port & 7)
      length = Math.max(length, (port >> 3) + 1)
    }
    out.bytes(octets.subarray(0, length))
  },
  print(rdata, at, past) {
    const printed: number[] = []
    for (let port = 0; port < (past - at) * 8; port++)
      if ((rdata[at + (port >> 3)]! & (0x80 >> (port & 7))) !== 0) printed.push(port)
    return printed.join(' ')
  },
  // Trailing zero octets have no text of their own; nobody writes them.
  skip: (rdata, at, end) => (end - at <= 8192 && (end === at || rdata[end - 1] !== 0) ? end : -1),
}

export const WKS = layout(TYPE.WKS, 'WKS', [ipv4('address'), code('protocol', 8, PROTOCOLS), ports])
