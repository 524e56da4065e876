/**
 * The numbers of the DNS and their names (IANA "Domain Name System Parameters").
 *
 * TYPE holds every type that has a name people write, whether or not this server gives its rdata a form of its own
 * (types/index.ts does); any other type is TYPE12345 (RFC 3597 5).
 */

/** RFC 1035 4.1.1, RFC 1996, RFC 2136, RFC 8490 */
export const OPCODE = { QUERY: 0, IQUERY: 1, STATUS: 2, NOTIFY: 4, UPDATE: 5, DSO: 6 } as const

/** RFC 1035 4.1.1, RFC 2136 2.2, RFC 6891 9, RFC 7873 8, RFC 8945 3. BADSIG shares 16 with BADVERS: it stands in TSIG only. */
export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
  DSOTYPENI: 11,
  BADVERS: 16,
  BADKEY: 17,
  BADTIME: 18,
  BADMODE: 19,
  BADNAME: 20,
  BADALG: 21,
  BADTRUNC: 22,
  BADCOOKIE: 23,
} as const

/** The TSIG error that shares its number with BADVERS (RFC 8945 3). */
export const BADSIG = 16

export const CLASS = { IN: 1, CH: 3, HS: 4, NONE: 254, ANY: 255 } as const

/** Bits of the 16-bit flags word of the header (RFC 1035 4.1.1, RFC 4035 3.1.6, 3.2.2); the opcode is bits 11-14, the rcode bits 0-3. */
export const FLAG = {
  QR: 0x8000,
  AA: 0x0400,
  TC: 0x0200,
  RD: 0x0100,
  RA: 0x0080,
  AD: 0x0020,
  CD: 0x0010,
} as const

/** EDNS option codes (RFC 6891 9). */
export const OPTION = {
  NSID: 3,
  CLIENT_SUBNET: 8,
  EXPIRE: 9,
  COOKIE: 10,
  TCP_KEEPALIVE: 11,
  PADDING: 12,
  EXTENDED_ERROR: 15,
  REPORT_CHANNEL: 18,
  ZONEVERSION: 19,
} as const

/** Extended DNS Errors, INFO-CODE (RFC 8914 4, 5.2). */
export const EDE = {
  OTHER: 0,
  STALE_ANSWER: 3,
  FORGED_ANSWER: 4,
  NOT_READY: 14,
  BLOCKED: 15,
  CENSORED: 16,
  FILTERED: 17,
  PROHIBITED: 18,
  NOT_AUTHORITATIVE: 20,
  NOT_SUPPORTED: 21,
  INVALID_DATA: 24,
} as const

export const TYPE = {
  A: 1,
  NS: 2,
  MD: 3,
  MF: 4,
  CNAME: 5,
  SOA: 6,
  MB: 7,
  MG: 8,
  MR: 9,
  NULL: 10,
  WKS: 11,
  PTR: 12,
  HINFO: 13,
  MINFO: 14,
  MX: 15,
  TXT: 16,
  RP: 17,
  AFSDB: 18,
  X25: 19,
  ISDN: 20,
  RT: 21,
  NSAP: 22,
  'NSAP-PTR': 23,
  SIG: 24,
  KEY: 25,
  PX: 26,
  GPOS: 27,
  AAAA: 28,
  LOC: 29,
  NXT: 30,
  EID: 31,
  NIMLOC: 32,
  SRV: 33,
  ATMA: 34,
  NAPTR: 35,
  KX: 36,
  CERT: 37,
  A6: 38,
  DNAME: 39,
  SINK: 40,
  OPT: 41,
  APL: 42,
  DS: 43,
  SSHFP: 44,
  IPSECKEY: 45,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  DHCID: 49,
  NSEC3: 50,
  NSEC3PARAM: 51,
  TLSA: 52,
  SMIMEA: 53,
  HIP: 55,
  NINFO: 56,
  RKEY: 57,
  TALINK: 58,
  CDS: 59,
  CDNSKEY: 60,
  OPENPGPKEY: 61,
  CSYNC: 62,
  ZONEMD: 63,
  SVCB: 64,
  HTTPS: 65,
  DSYNC: 66,
  HHIT: 67,
  BRID: 68,
  SPF: 99,
  UINFO: 100,
  UID: 101,
  GID: 102,
  UNSPEC: 103,
  NID: 104,
  L32: 105,
  L64: 106,
  LP: 107,
  EUI48: 108,
  EUI64: 109,
  TKEY: 249,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  MAILB: 253,
  MAILA: 254,
  ANY: 255,
  URI: 256,
  CAA: 257,
  AVC: 258,
  DOA: 259,
  AMTRELAY: 260,
  RESINFO: 261,
  WALLET: 262,
  CLA: 263,
  IPN: 264,
  TA: 32768,
  DLV: 32769,
} as const

const MNEMONICS = new Map<number, string>(Object.entries(TYPE).map(([name, code]) => [code, name]))
const TYPES = new Map<string, number>(Object.entries(TYPE))
const RCODES = new Map<number, string>(Object.entries(RCODE).map(([name, code]) => [code, name]))
const OPCODES = new Map<number, string>(Object.entries(OPCODE).map(([name, code]) => [code, name]))
const CLASSES = new Map<number, string>(Object.entries(CLASS).map(([name, code]) => [code, name]))

/** Prints a type: A, AAAA, or TYPE12345 (RFC 3597 5). */
export function mnemonic(type: number): string {
  return MNEMONICS.get(type) ?? `TYPE${type}`
}

/** Reads a type, either case, TYPE12345 too. @returns 0..65535, or undefined */
export function typeOf(text: string): number | undefined {
  const upper = text.toUpperCase()
  return TYPES.get(upper) ?? numbered(upper, 'TYPE')
}

/** Prints a class: IN, CH, or CLASS12 (RFC 3597 5). */
export function className(code: number): string {
  return CLASSES.get(code) ?? `CLASS${code}`
}

/** Reads a class, either case, CLASS12 too. @returns 0..65535, or undefined */
export function classOf(text: string): number | undefined {
  const upper = text.toUpperCase()
  const known = (CLASS as Readonly<Record<string, number>>)[upper]
  return known ?? numbered(upper, 'CLASS')
}

export function rcodeName(rcode: number): string {
  return RCODES.get(rcode) ?? `RCODE${rcode}`
}

/** The error of a TSIG record, where 16 is BADSIG. */
export function tsigErrorName(error: number): string {
  return error === BADSIG ? 'BADSIG' : rcodeName(error)
}

export function opcodeName(opcode: number): string {
  return OPCODES.get(opcode) ?? `OPCODE${opcode}`
}

/** RFC 6895 3.1: types that stand in questions and additional sections only and are never data of a zone. */
export function isMetaType(type: number): boolean {
  return type === 0 || type === TYPE.OPT || (type >= 128 && type <= 255)
}

function numbered(text: string, prefix: string): number | undefined {
  if (!text.startsWith(prefix)) return undefined
  const digits = text.slice(prefix.length)
  return /^\d{1,5}$/.test(digits) && Number(digits) <= 65535 ? Number(digits) : undefined
}
