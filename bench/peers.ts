/**
 * The other name servers, as they are installed: their configuration for one core on loopback, everything in one folder, in the
 * foreground. Each is given the same zone; `geo` adds the name `video` by country where the server can.
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nsdServer } from '../test/transfer/peers.ts'
import { ABROAD, BENCH_ZONE, HOME, zoneText } from './zone-text.ts'

export interface PeerSetting {
  readonly folder: string
  readonly port: number
  readonly names: number
  /** A country database in the usual (nested) layout; undefined: without geo. */
  readonly countryDatabase: string | undefined
}

export interface Peer {
  readonly name: string
  readonly command: string
  /** Whether `video` can be answered by country. */
  readonly geo: boolean
  /** Writes the configuration. @returns the arguments */
  prepare(setting: PeerSetting): string[]
}

const abroadA = ABROAD.map((address) => `video 60 IN A ${address}`)

export const PEERS: readonly Peer[] = [
  {
    name: 'gdnsd',
    command: 'gdnsd',
    geo: true,
    prepare: ({ folder, port, names, countryDatabase }) => {
      for (const part of ['run', 'state', 'zones', 'geoip']) mkdirSync(join(folder, part), { recursive: true })
      const geo =
        countryDatabase === undefined
          ? ''
          : `plugins => { geoip => {
  maps => { m => { geoip2_db => ${countryDatabase}, datacenters => [abroad, home],
                   map => { EU => { MD => [home, abroad] }, default => [abroad, home] } } },
  resources => { video => { map => m, dcmap => { home => ${HOME}, abroad => { a => ${ABROAD[0]}, b => ${ABROAD[1]}, c => ${ABROAD[2]} } } } }
} }\n`
      writeFileSync(
        join(folder, 'config'),
        `options => { listen => { 127.0.0.1:${port} => { udp_threads => 1, tcp_threads => 1 } }, run_dir => ${folder}/run, state_dir => ${folder}/state }\n${geo}`,
      )
      const video = countryDatabase === undefined ? abroadA : ['video 60 DYNA geoip!video']
      writeFileSync(join(folder, 'zones', BENCH_ZONE), zoneText(BENCH_ZONE, names, video).replace(/ IN /g, ' '))
      return ['-c', folder, 'start']
    },
  },
  {
    name: 'Knot',
    command: 'knotd',
    geo: true,
    prepare: ({ folder, port, names, countryDatabase }) => {
      writeFileSync(join(folder, 'zone'), zoneText(BENCH_ZONE, names, abroadA))
      const geo = countryDatabase !== undefined
      if (geo)
        writeFileSync(
          join(folder, 'geo.conf'),
          `video.${BENCH_ZONE}:\n  - geo: "MD"\n    A: ${HOME}\n  - geo: "*"\n    A: [${ABROAD.join(', ')}]\n`,
        )
      writeFileSync(
        join(folder, 'knot.conf'),
        `server:
    rundir: "${folder}"
    listen: [ 127.0.0.1@${port} ]
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
    edns-client-subnet: on
database:
    storage: "${folder}"
${geo ? `mod-geoip:\n  - id: geo\n    config-file: ${folder}/geo.conf\n    ttl: 60\n    mode: geodb\n    geodb-file: ${countryDatabase}\n    geodb-key: country/iso_code\n` : ''}zone:
  - domain: ${BENCH_ZONE}
    storage: "${folder}"
    file: zone
    zonefile-load: whole
    journal-content: none
    semantic-checks: off
${geo ? '    module: mod-geoip/geo\n' : ''}`,
      )
      return ['-c', join(folder, 'knot.conf')]
    },
  },
  {
    name: 'NSD',
    command: 'nsd',
    geo: false,
    prepare: ({ folder, port, names }) => {
      writeFileSync(join(folder, 'zone'), zoneText(BENCH_ZONE, names, abroadA))
      writeFileSync(
        join(folder, 'nsd.conf'),
        `server:
${nsdServer(port, folder)}
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: ${BENCH_ZONE}
  zonefile: zone
`,
      )
      return ['-d', '-c', join(folder, 'nsd.conf')]
    },
  },
  {
    name: 'BIND',
    command: 'named',
    geo: true,
    prepare: ({ folder, port, names, countryDatabase }) => {
      writeFileSync(join(folder, 'zone'), zoneText(BENCH_ZONE, names, abroadA))
      writeFileSync(join(folder, 'zone-home'), zoneText(BENCH_ZONE, names, [`video 60 IN A ${HOME}`]))
      const zone = (file: string): string => `zone "${BENCH_ZONE}" { type primary; file "${file}"; };`
      // The directory must hold GeoLite2-Country.mmdb. Views look at the source address: BIND does not read client subnets.
      const views =
        countryDatabase === undefined
          ? zone('zone')
          : `view home { match-clients { geoip country MD; }; ${zone('zone-home')} };\nview abroad { ${zone('zone')} };`
      writeFileSync(
        join(folder, 'named.conf'),
        `options { directory "${folder}"; listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; }; recursion no;
  pid-file none; session-keyfile none; minimal-responses yes; dnssec-validation no; notify no; managed-keys-directory "${folder}";
  ${countryDatabase === undefined ? '' : `geoip-directory "${join(countryDatabase, '..')}";`} };
controls { };\n${views}\n`,
      )
      return ['-g', '-n', '1', '-c', join(folder, 'named.conf')]
    },
  },
  {
    name: 'PowerDNS',
    command: 'pdns_server',
    geo: true,
    prepare: ({ folder, port, names, countryDatabase }) => {
      const common = [
        '--daemon=no',
        '--guardian=no',
        `--config-dir=${folder}`,
        `--socket-dir=${folder}`,
        '--local-address=127.0.0.1',
        `--local-port=${port}`,
        '--receiver-threads=1',
        '--distributor-threads=1',
        '--disable-syslog=yes',
        '--loglevel=3',
        '--version-string=anonymous',
      ]
      writeFileSync(join(folder, 'pdns.conf'), '')
      if (countryDatabase !== undefined) {
        const statics = Array.from(
          { length: Math.min(names, 1000) },
          (_, i) => `    h${i}.${BENCH_ZONE}: [ { a: 192.0.${(i >> 8) & 255}.${i & 255} } ]\n`,
        )
        writeFileSync(
          join(folder, 'geo.yaml'),
          `domains:\n- domain: ${BENCH_ZONE}\n  ttl: 60\n  records:\n    ${BENCH_ZONE}: [ { soa: "ns1.${BENCH_ZONE} hostmaster.${BENCH_ZONE} 1 7200 1800 1209600 300" }, { ns: ns1.${BENCH_ZONE} } ]\n` +
            `    md.video.${BENCH_ZONE}: [ { a: ${HOME} } ]\n    other.video.${BENCH_ZONE}: [ ${ABROAD.map((a) => `{ a: ${a} }`).join(', ')} ]\n${statics.join('')}` +
            `  services:\n    video.${BENCH_ZONE}: [ '%co.video.${BENCH_ZONE}', 'other.video.${BENCH_ZONE}' ]\n`,
        )
        return [
          ...common,
          '--launch=geoip',
          `--geoip-zones-file=${folder}/geo.yaml`,
          `--geoip-database-files=mmdb:${countryDatabase}`,
          '--edns-subnet-processing=yes',
        ]
      }
      throw new Error('the geoip backend needs a country database')
    },
  },
]
