/**
 * The keys of meridian.yaml that a flag or an environment variable may set too, and how such a text becomes a value:
 *
 *     list   --listen A --listen B       MERIDIAN_LISTEN=A,B
 *     text   --zones ./zones             MERIDIAN_ZONES=./zones
 *     yaml   --identity '{nsid: ns1}'    MERIDIAN_IDENTITY='{nsid: ns1}'
 *
 * A flag goes over the environment, the environment over the file, the file over the defaults. What a flag or a variable
 * sets replaces the file's whole value of that key.
 */

export interface SettingsKey {
  /** where in meridian.yaml */
  readonly path: readonly string[]
  /** without the dashes */
  readonly flag: string
  readonly environment: string
  readonly kind: 'list' | 'text' | 'yaml'
  /** the placeholder in the help */
  readonly value: string
  /** one line for the help */
  readonly help: string
}

const key = (path: string, kind: SettingsKey['kind'], value: string, help: string, flag?: string): SettingsKey => {
  const name = flag ?? path.replaceAll(/[._]/g, '-')
  return {
    path: path.split('.'),
    flag: name,
    environment: `MERIDIAN_${name.toUpperCase().replaceAll('-', '_')}`,
    kind,
    value,
    help,
  }
}

export const SETTINGS_KEYS: readonly SettingsKey[] = [
  key('listen', 'list', 'ADDRESS:PORT', 'serve DNS here, UDP and TCP (repeatable)'),
  key('tls', 'yaml', 'YAML', 'DNS over TLS: { listen: [...], cert: FILE, key: FILE }'),
  key('api.listen', 'text', 'ADDRESS:PORT', 'serve the HTTP API here; unix:/PATH too', 'api'),
  key('api.tls', 'yaml', 'YAML', 'certificate of the API: { cert: FILE, key: FILE }'),
  key('api.open_reads', 'text', 'BOOL', 'reads of /v1 need no token'),
  key('zones', 'text', 'FOLDER', 'zone and steering files'),
  key('data', 'text', 'FOLDER', 'the database and the admin token'),
  key('watch', 'text', 'BOOL', 'take up changed files by themselves (true), or at a reload (false)'),
  key('geoip.country', 'text', 'FILE', 'country database (.mmdb)'),
  key('geoip.city', 'text', 'FILE', 'city database (.mmdb)'),
  key('geoip.asn', 'text', 'FILE', 'autonomous system database (.mmdb)'),
  key('workers', 'text', 'N', 'UDP worker threads, or auto: one for each core'),
  key('driver', 'text', 'NAME', 'how UDP is read: auto, batched or portable'),
  key('keys', 'yaml', 'YAML', 'TSIG keys'),
  key('cookies', 'yaml', 'YAML', 'DNS cookie secrets that several servers share'),
  key('transfer', 'yaml', 'YAML', 'who may transfer zones, who is notified'),
  key('secondary', 'yaml', 'YAML', 'zones taken from a primary'),
  key('limits', 'yaml', 'YAML', 'what strangers may use up'),
  key('identity', 'yaml', 'YAML', 'what the server tells of itself'),
  key('journal.keep', 'text', 'DURATION', 'how long the journal is kept'),
  key('probes.keep', 'text', 'DURATION', 'how long probe results are kept'),
  key('hooks', 'yaml', 'YAML', 'URLs and programs that are told of events'),
  key('log.level', 'text', 'LEVEL', 'trace, debug, info, warn, error or silent'),
]
