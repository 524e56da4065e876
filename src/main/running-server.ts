/**
 * The running server: every room's door joined to the others, brought up in order and down in the reverse one.
 */
import { randomInt } from 'node:crypto'
import { availableParallelism } from 'node:os'
import type { StructureMessage } from '../answer/index.ts'
import { type Api, createApi, ensureAdminToken, type Listening } from '../api/index.ts'
import { seededRandom } from '../base/index.ts'
import { VERSION } from '../cli/index.ts'
import { type By, type Control, createControl, createFleet, type LoadedFiles } from '../control/index.ts'
import { type Duty, startDuty } from '../duty/index.ts'
import { type FileLoader, type Settings, type Watcher, watchFiles } from '../loader/index.ts'
import { createProbeRunner, createProber, type ProbeRunner, type Prober } from '../probe/index.ts'
import {
  printListenAddress,
  type ServiceManager,
  type Serving,
  type SpareThreads,
  startServing,
  startSpareThreads,
} from '../serve/index.ts'
import {
  backupTo,
  createProbeLog,
  createStore,
  createZoneArchive,
  openDatabase,
  openJournal,
  type ProbeLog,
  type Sqlite,
} from '../store/index.ts'
import { Answering } from './answering.ts'
import { Clock } from './clock.ts'
import { HAND_OVER_SIGNAL, removePid, writePid } from './hand-over.ts'
import { type Log, logIssues } from './log.ts'
import { Places } from './place-lookup.ts'
import { adminTokenFile, databaseFile } from './places.ts'
import { factsOf, gaugesOf, type ServerParts } from './server-facts.ts'
import { joinTransfers, type Transfers } from './transfers.ts'

const BY_FILES: By = { author: 'files', from: 'local' }
const BY_SIGNAL: By = { author: 'SIGHUP', from: 'local' }
const RESPONDER_MODULE = new URL('./responder-thread.js', import.meta.url).href

export class RunningServer {
  readonly #settings: Settings
  readonly #loader: FileLoader
  readonly #log: Log
  readonly #manager: Pick<ServiceManager, 'reloading'>
  readonly #clock = new Clock()
  readonly #db: Sqlite
  readonly #answering: Answering
  readonly #control: Control
  readonly #prober: Prober
  readonly #runner: ProbeRunner
  readonly #places: Places
  readonly #transfers: Transfers
  readonly #probeLog: ProbeLog
  readonly #workers: number
  /** They read their modules while the files are loaded. */
  readonly #spare: SpareThreads
  readonly #startedMs: number
  #serving: Serving | undefined
  #api: Api | undefined
  #listening: Listening | undefined
  #watcher: Watcher | undefined
  #duty: Duty | undefined
  #ready = false
  #letGo: Promise<void> | undefined
  #stopping: Promise<void> | undefined
  #end: (code: number) => void = () => undefined
  readonly #ended = new Promise<number>((resolve) => {
    this.#end = resolve
  })

  constructor(settings: Settings, loader: FileLoader, log: Log, manager: Pick<ServiceManager, 'reloading'>) {
    this.#manager = manager
    this.#settings = settings
    this.#loader = loader
    this.#log = log
    this.#startedMs = this.#clock.now()
    this.#workers = settings.workers ?? availableParallelism()
    this.#spare = startSpareThreads(this.#workers + 1, RESPONDER_MODULE)
    this.#db = openDatabase(databaseFile(settings))
    writePid(settings)
    this.#places = new Places(() => loader.databases())
    const fleet = createFleet({ random: seededRandom(randomInt(2 ** 31)) })
    this.#answering = new Answering(settings, this.#workers, {
      fleet,
      nowMs: this.#clock.now,
      place: (address) => this.#places.place(address),
      otherZones: (structure) => {
        this.#transfers.others.recordsChanged(structure.records)
        return this.#transfers.others.list
      },
      declared: (structure) => this.#transfers.outgoing.declared(structure, this.#transfers.others.takeDiffs()),
      published: () => this.#transfers.outgoing.viewsMayHaveChanged(),
    })
    const random = seededRandom(randomInt(2 ** 31))
    this.#transfers = joinTransfers(
      settings,
      this.#answering,
      this.#workers + 1,
      this.#clock.now,
      () => random.float(),
      {
        archive: createZoneArchive(this.#db),
        steering: () => this.#control.steering(),
        journal: (entry, work) => this.#control.writeBeside(entry, work),
      },
      log,
    )
    this.#control = createControl({
      store: createStore(this.#db),
      loader,
      states: loader.states,
      publisher: this.#answering.port(() => this.#runner.wake()),
      fleet,
      now: this.#clock.now,
      soon: setImmediate,
      otherZones: () => this.#transfers.described(),
      trouble: (message) => log.error(message),
    })
    this.#probeLog = createProbeLog(this.#db)
    this.#prober = createProber({ version: VERSION, nowMs: this.#clock.now })
    this.#runner = createProbeRunner({
      source: {
        nextDueMs: () => this.#control.nextDueMs(),
        tick: () => this.#tick(),
        due: () => this.#control.due(),
        report: (result) => {
          this.#control.observe(result)
          this.#probeLog.record(result)
          this.#api?.metrics.probe(result)
        },
      },
      prober: this.#prober,
      nowMs: this.#clock.now,
      trouble: (message) => log.error(message),
    })
  }

  /** Brings everything up; on return queries are answered. Throws what is wrong, as a sentence. */
  async start(files: LoadedFiles, replace: boolean): Promise<void> {
    const { api, listen, limits, tls } = this.#settings
    const log = this.#log
    logIssues(log, files.issues)
    this.#control.subscribe((entry) => log.info({ event: entry }, entry.message))
    this.#transfers.restore()
    this.#control.start(files)
    const { ok, held } = this.#control.reloadState()
    if (!ok) log.warn({ harms: held }, 'what is in force is not what the files say: see meridian status')
    this.#transfers.start()
    if (ensureAdminToken(this.#control, adminTokenFile(this.#settings), this.#clock.now()))
      log.info({ file: adminTokenFile(this.#settings) }, 'made the admin token')

    // What comes in while the threads start (a zone from a primary) is told to them as soon as they listen.
    const early: StructureMessage[] = []
    this.#answering.addReceiver((message) => {
      if (this.#serving === undefined) early.push(message)
      else this.#serving.post(message)
    })
    this.#serving = await startServing({
      listen,
      workers: this.#workers,
      responderModule: RESPONDER_MODULE,
      spare: this.#spare,
      init: (thread) => this.#answering.publisher.init(thread.index),
      slowDoor: (message, request) => this.#transfers.door.handle(message, request),
      log,
      limits: limits.tcp,
      driver: this.#settings.driver,
      replace,
      ...(tls === undefined ? {} : { tls }),
    })
    for (const message of early) this.#serving.post(message)

    this.#api = createApi({
      control: this.#control,
      answers: this.#answering.answers(() => this.#serving),
      version: VERSION,
      openReads: api.openReads,
      keptZones: this.#transfers.keptZones,
      now: this.#clock.now,
      notReady: () => (this.#ready ? undefined : 'The server is starting.'),
      facts: () => factsOf(this.#parts()),
      gauges: () => gaugesOf(this.#parts()),
      backup: async (file) => {
        try {
          return { ok: true, value: await backupTo(this.#db, file) }
        } catch (error) {
          return { ok: false, message: error instanceof Error ? error.message : String(error) }
        }
      },
      probeLog: (filter) => this.#probeLog.lines(filter),
      log: (level, message, fields) => log[level](fields ?? {}, message),
    })
    this.#listening = await this.#api.listen({
      listen: api.listen.kind === 'unix' ? `unix:${api.listen.path}` : hostAndPort(api.listen.host, api.listen.port),
      tls: api.tls,
    })
    this.#runner.start()
    this.#duty = this.#startDuty()
    this.#watch()
    this.#signals()
    this.#ready = true
    const description = this.#serving.describe()
    log.info(
      {
        listen: [...new Set(this.#serving.addresses.map(({ address, port }) => printListenAddress(address, port)))],
        api: this.#listening.url,
        zones: this.#control.files()?.zones.length,
        records: this.#control.files()?.steering.records.size,
        nodes: this.#control.steering().nodes.size,
        driver: description.driver,
        driverReason: description.reason,
        loadMs: Math.round(this.#loader.lastMs()),
        version: VERSION,
        pid: process.pid,
      },
      'ready',
    )
  }

  /** What is in force, in one line. */
  summary(): string {
    const files = this.#control.files()
    const held = this.#control.reloadState().ok ? '' : '; not what the files say, see meridian status'
    return `${files?.zones.length ?? 0} zones, ${files?.steering.records.size ?? 0} steered records${held}`
  }

  /** At least one thread serves; the main thread lives, else nobody would ask it. */
  isWell(): boolean {
    return this.#serving?.describe().threads.some(({ state }) => state === 'serving') === true
  }

  untilStopped(): Promise<number> {
    return this.#ended
  }

  /** Takes everything down; nothing that was acknowledged is lost. Safe to call at any time, more than once. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopNow()
    return this.#stopping
  }

  async #stopNow(): Promise<void> {
    await Promise.all([this.#stopControlling(), this.#serving?.stop()])
  }

  /** Lets go of the database and of the API; queries are still answered, as of now. Safe to call more than once. */
  #stopControlling(): Promise<void> {
    this.#letGo ??= this.#letGoNow()
    return this.#letGo
  }

  async #letGoNow(): Promise<void> {
    this.#ready = false
    this.#watcher?.close()
    this.#duty?.stop()
    this.#transfers.stop()
    this.#runner.stop()
    this.#api?.close()
    await Promise.all([this.#listening?.close(), this.#prober.close()])
    this.#control.flush()
    this.#probeLog.flush()
    this.#db.close()
    removePid(this.#settings)
  }

  #tick(): void {
    const setMs = this.#clock.follow()
    if (setMs !== 0) {
      this.#log.warn({ setMs }, 'the clock of this machine was set; Meridian follows')
      this.#control.clockSet(setMs)
    }
    this.#control.tick()
    this.#recordProbes()
  }

  /** What is shown of the server; some of it is not there yet while it starts. */
  #parts(): ServerParts {
    return {
      nowMs: this.#clock.now(),
      startedMs: this.#startedMs,
      serving: this.#serving,
      loader: this.#loader,
      prober: this.#prober,
      runner: this.#runner,
      secondaries: this.#transfers.secondaries,
      duty: this.#duty,
    }
  }

  /** A disk that fails costs history, never answers. */
  #recordProbes(): void {
    try {
      this.#probeLog.tick(this.#clock.now())
    } catch (error) {
      this.#log.warn({ error: String(error) }, 'the probe history cannot be written')
    }
  }

  #startDuty(): Duty {
    const { hooks, journal, probes } = this.#settings
    return startDuty({
      control: this.#control,
      now: this.#clock.now,
      log: (level, message) => this.#log[level](message),
      version: VERSION,
      hooks,
      prunable: [
        { what: 'the journal', keepMs: journal.keepMs, prune: openJournal(this.#db).prune },
        {
          what: 'the probe history',
          keepMs: probes.keepMs,
          prune: (before, most) => this.#probeLog.prune(before, most),
        },
      ],
    })
  }

  #watch(): void {
    if (!this.#settings.watch) return
    this.#watcher = watchFiles({
      folders: [this.#settings.zones],
      endings: ['.zone', '.yaml'],
      files: () => this.#loader.readFiles(),
      changed: () => this.#reload(BY_FILES),
    })
  }

  async #reload(by: By): Promise<void> {
    const outcome = await this.#control.reload(by)
    if (outcome.status === 'invalid') {
      logIssues(this.#log, outcome.issues)
      this.#log.error(outcome.message)
    } else if (outcome.status === 'refused') this.#log.warn({ harms: outcome.harms }, outcome.message)
  }

  #signals(): void {
    const stop = (signal: NodeJS.Signals): void => {
      this.#log.info({ signal }, 'stopping')
      this.#end(0)
    }
    process.once('SIGTERM', stop)
    process.once('SIGINT', stop)
    process.on('SIGHUP', () => {
      this.#renewTls()
      void this.#manager.reloading(this.#reload(BY_SIGNAL))
    })
    process.once(HAND_OVER_SIGNAL, () => {
      this.#log.info('handing over to another process')
      void this.#stopControlling()
    })
  }

  /** A certificate that was renewed is taken up; one that cannot be read leaves the old one. */
  #renewTls(): void {
    try {
      this.#listening?.renewTls()
    } catch (error) {
      this.#log.error(error instanceof Error ? error.message : String(error))
    }
  }
}

function hostAndPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
