/**
 * Zones with everything in them that an answer may have to do with, as master files that NSD, Knot DNS and BIND load too: parent and
 * child both served, delegations with and without glue, wildcards at depth, aliases of all kinds, empty non-terminals, odd types, large sets.
 */

const many = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n')
const LONG = `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(20)}`

const PARENT = String.raw`$ORIGIN diff.test.
$TTL 3600
@ 7200 SOA ns1 hostmaster.mail 2026010101 7200 900 1209600 300
@ NS ns1
@ NS ns2
@ NS ns.other.test.
@ MX 10 mail
@ MX 20 mail.sub
@ MX 30 mx.deleg
@ MX 40 mail.example.net.
@ TXT "v=spf1 -all"
@ A 192.0.2.1
@ AAAA 2001:db8::1
@ CAA 0 issue "ca.example.net"
@ DNSKEY 257 3 13 GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==
@ CDS 0 0 0 00
@ CDNSKEY 0 3 0 AA==
@ CSYNC 66 3 A NS AAAA
ns1 A 192.0.2.2
ns1 AAAA 2001:db8::2
ns2 A 192.0.2.3
mail A 192.0.2.4
mail AAAA 2001:db8::4
mail 60 TXT "a shorter TTL"
host A 192.0.2.10
host A 192.0.2.11
host A 192.0.2.12
host AAAA 2001:db8::10
host AAAA 2001:db8::11
Mixed.Case A 192.0.2.13
${many(40, (i) => `many A 10.0.0.${i}`)}
${many(60, (i) => `more AAAA 2001:db8:1::${i.toString(16)}`)}
${many(30, (i) => `mxes MX ${i} mx${i % 7}`)}
${many(7, (i) => `mx${i} A 10.1.0.${i}\nmx${i} AAAA 2001:db8:2::${i}`)}
${many(12, (i) => `text TXT "${String(i).repeat(90)}"`)}
; wildcards
*.wild TXT "star"
*.wild A 192.0.2.20
*.wild MX 10 mail
here.wild A 192.0.2.21
*.deep.wild AAAA 2001:db8::22
x.y.other.wild A 192.0.2.23
*.wcname CNAME host
*.wout CNAME www.other.test.
*.wself CNAME x.wself
*.wloop CNAME a.b.wloop
x.*.mid A 192.0.2.24
*.svc SRV 0 1 443 host
sub.*.real TXT "below an asterisk"
*.real TXT "an asterisk"
; targets that a wildcard covers, and that it does not
starmx MX 10 Foo.wild
starmx MX 20 foo.WILD
starmx MX 30 a.b.wild
starmx MX 40 x.deep.wild
starmx MX 50 y.here.wild
starmx MX 60 b.wcname
starmx MX 70 x.y.ent
starsrv SRV 0 1 1 q.wild
starsrv SRV 0 1 2 lost.dn
starns NS foo.wild
starns NS x.deep.wild
; empty non-terminals
a.b.c.ent A 192.0.2.30
ent2.b.c.ent TXT "x"
; DNAME
dn DNAME target
dn A 192.0.2.40
dn TXT "beside a DNAME"
dnout DNAME other.test.
dnext DNAME example.net.
dnlong DNAME ${LONG}
dnsub DNAME sub
dndel DNAME deleg
dnwild DNAME wild
dnroot DNAME .
dnloop DNAME x.dnloop2
dnloop2 DNAME y.dnloop
x.deep.dnhere DNAME target
target A 192.0.2.41
host.target A 192.0.2.42
alias.target CNAME host
*.w.target TXT "wild below the target of a DNAME"
c.target CNAME host.dn
; CNAME
c1 CNAME c2
c2 CNAME c3
c3 CNAME host
cnx CNAME nothing
cnx2 CNAME nothing.wild2.nowhere
cout CNAME www.other.test.
coutnx CNAME nothing.other.test.
cback CNAME back.other.test.
cext CNAME www.example.net.
cdel CNAME www.deleg
ccut CNAME deleg
cds CNAME secure
cwild CNAME foo.wild
cent CNAME b.c.ent
csub CNAME www.sub
csubnx CNAME nothing.sub
csubapex CNAME sub
cdn CNAME host.dn
cdnnx CNAME nothing.dn
cdnout CNAME www.dnout
cwc CNAME any.wcname
loop1 CNAME loop2
loop2 CNAME loop1
self CNAME self
${many(20, (i) => `long${i} CNAME long${i + 1}`)}
long20 A 192.0.2.50
; delegations
deleg NS ns.deleg
deleg NS ns2.deleg
ns.deleg A 198.51.100.1
ns.deleg AAAA 2001:db8:f::1
ns2.deleg A 198.51.100.2
mx.deleg A 198.51.100.3
far NS ns1.example.net.
far NS ns2.example.net.
sib NS ns.deleg
sib NS ns.sib
ns.sib A 198.51.100.4
near NS ns1
near NS mail
secure NS ns.secure
secure NS ns.deleg
secure DS 12345 13 2 0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF
ns.secure A 198.51.100.5
x.y.cut NS ns.x.y.cut
ns.x.y.cut A 198.51.100.6
${many(13, (i) => `wide NS ns${i}.wide\nns${i}.wide A 198.51.100.${100 + i}\nns${i}.wide AAAA 2001:db8:e::${i}`)}
sub NS ns.sub
sub NS ns1
sub DS 54321 13 2 0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF
ns.sub A 198.51.100.7
; types
types HINFO "cpu" "os"
types RP mail host
types AFSDB 1 host
types LOC 47 1 0.000 N 28 51 0.000 E 85m
types NAPTR 10 20 "s" "SIP+D2U" "" _sip._udp
types TLSA 3 1 1 0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF
types SSHFP 4 2 0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF
types URI 10 1 "https://www.example.net/"
types EUI48 00-00-5e-00-53-2a
types EUI64 00-00-5e-ef-10-00-00-2a
types CERT 1 0 0 AQID
types SPF "v=spf1 -all"
types OPENPGPKEY AQID
types SMIMEA 3 0 0 010203
types TYPE65534 \# 4 01020304
types KX 10 host
types PTR host
types A 192.0.2.60
_sip._udp SRV 0 1 5060 host
_sip._udp SRV 0 2 5060 mail.sub
_sip._udp SRV 1 1 5060 c1
_sip._udp SRV 2 1 5060 www.other.test.
_sip._udp SRV 3 1 5060 .
svcb SVCB 1 host alpn=h2
svcb SVCB 2 mail
https HTTPS 1 . alpn=h2,h3 ipv4hint=192.0.2.61
https A 192.0.2.61
https AAAA 2001:db8::61
alias0 HTTPS 0 host
mxcname MX 10 c1
mxnone MX 0 .
nswild NAPTR 10 10 "a" "X" "" host
a\.b A 192.0.2.62
\000zero A 192.0.2.63
sp\032ace TXT "a blank"
_under A 192.0.2.64
1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.labels A 192.0.2.65
${LONG} A 192.0.2.66
`

const CHILD = `$ORIGIN sub.diff.test.
$TTL 1800
@ SOA ns hostmaster 5 7200 900 1209600 60
@ NS ns
@ NS ns1.diff.test.
@ A 192.0.2.70
@ MX 10 mail
@ MX 20 mail.diff.test.
ns A 198.51.100.7
mail A 192.0.2.71
www A 192.0.2.72
up CNAME host.diff.test.
upwild CNAME foo.wild.diff.test.
dn DNAME target.diff.test.
*.w CNAME www
d NS ns.d
d NS ns.deleg.diff.test.
ns.d A 198.51.100.8
`

const OTHER = `$ORIGIN other.test.
$TTL 600
@ SOA ns hostmaster 9 7200 900 1209600 3600
@ NS ns
ns A 192.0.2.80
www A 192.0.2.81
www AAAA 2001:db8::81
back CNAME host.diff.test.
ping CNAME pong.diff.test.
host A 192.0.2.82
* TXT "star"
lots TXT "${'0123456789'.repeat(25)}"
${many(90, (i) => `lots TXT "${i} ${'0123456789'.repeat(24)}"`)}
`

const REVERSE = `$ORIGIN 2.0.192.in-addr.arpa.
$TTL 600
@ SOA ns1.diff.test. hostmaster.diff.test. 3 7200 900 1209600 3600
@ NS ns1.diff.test.
10 PTR host.diff.test.
11 PTR host.diff.test.
11 PTR many.diff.test.
0-63 NS ns.deleg.diff.test.
12 CNAME 12.0-63
`

const ODD = `$ORIGIN odd.test.
$TTL 300
@ SOA ns.other.test. hostmaster 1 7200 900 1209600 60
@ NS ns.other.test.
@ DNAME target.diff.test.
@ MX 10 host.diff.test.
@ TXT "a DNAME at the apex"
`

const OCCLUDED = `$ORIGIN hidden.test.
$TTL 300
@ SOA ns hostmaster 1 7200 900 1209600 60
@ NS ns
ns A 192.0.2.95
cut NS ns.cut
cut NS ns.far.cut
cut A 192.0.2.96
cut TXT "beside NS records"
cut DS 1 13 2 0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF
ns.cut A 192.0.2.97
ns.cut TXT "hidden"
ns.far.cut AAAA 2001:db8::97
www.cut A 192.0.2.98
*.cut TXT "a hidden wildcard"
deep.cut NS ns.deep.cut
ns.deep.cut A 192.0.2.99
dn.cut DNAME elsewhere.test.
alias.cut CNAME ns
*.w A 192.0.2.100
ns.w A 192.0.2.101
*.wd.wild TXT "deep"
a.*.b.*.c TXT "asterisks in the middle"
*.*.d TXT "two asterisks"
to CNAME www.cut
to2 CNAME deep.cut
tostar CNAME *.cut
mx MX 10 www.cut
mx MX 20 ns.deep.cut
srv SRV 0 0 1 ns.cut
ptr PTR cut
`

const ROOT = `$ORIGIN .
$TTL 86400
. SOA a.root.test. nstld.root.test. 2026010100 1800 900 604800 86400
. NS a.root.test.
. NS b.root.test.
a.root.test. A 192.0.2.90
a.root.test. AAAA 2001:db8::90
b.root.test. A 192.0.2.91
com. NS a.gtld.test.
com. NS ns.com.
a.gtld.test. A 192.0.2.92
ns.com. A 192.0.2.93
com. DS 1 13 2 0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF
org. NS a.gtld.test.
alias. CNAME com.
www.alias2. CNAME a.root.test.
here. TXT "a record at the top"
*.wild. A 192.0.2.94
old. DNAME wild.
`

export interface RichZone {
  readonly name: string
  readonly text: string
}

/** Served together. */
export const RICH_ZONES: readonly RichZone[] = [
  { name: 'diff.test.', text: PARENT },
  { name: 'sub.diff.test.', text: CHILD },
  { name: 'other.test.', text: OTHER },
  { name: '2.0.192.in-addr.arpa.', text: REVERSE },
  { name: 'odd.test.', text: ODD },
  { name: 'hidden.test.', text: OCCLUDED },
]

/** Served alone: whatever one asks is in it. */
export const ROOT_ZONES: readonly RichZone[] = [{ name: '.', text: ROOT }]
