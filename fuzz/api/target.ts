/** The two targets over the API differ in how octets are made and by which way they come; all else is here. */
import type { Server } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { seededRandom } from '../../src/base/index.ts'
import { mutate } from '../mutate.ts'
import { must, type Target } from '../target.ts'
import { contractOf } from './contract.ts'
import { type Door, memoryDoor } from './exchange.ts'
import { BROKEN_FRAMES, FRAME_WORDS } from './frames.ts'
import { readReplies } from './replies.ts'
import { makeRequests, soundRequest } from './requests.ts'
import { createRules } from './rules.ts'
import { createApiWorld } from './world.ts'

/** More than the largest body that is taken. */
const MOST_OCTETS = 400_000

/** After the last round: the kernel tells the server of a client's end within the first of them. */
const MOST_TURNS_TO_LEAVE = 500

/** What was written must be readable: after every write some of these are read. */
const VIEWS = [
  '/v1/status',
  '/v1/health/nodes',
  '/v1/pools',
  '/v1/zones',
  '/v1/kept-zones',
  '/v1/tokens',
  '/v1/events',
  '/v1/export',
  '/v1/plan',
  '/metrics',
]

/** @param made  inputs are as they are made from the OpenAPI document; false: their octets are mutated as well */
export async function apiTarget(name: string, open: (server: Server) => Promise<Door>, made: boolean): Promise<Target> {
  const world = createApiWorld()
  // Whoever reads the document or looks after a write comes another way: it is not what is tried.
  const inside = memoryDoor(world.server, 'inside')
  const get = async (path: string): Promise<Buffer> => {
    const text = `GET ${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${world.token('watcher')}\r\n\r\n`
    const { replied } = await inside.exchange([Buffer.from(text)])
    const [reply] = readReplies(replied)
    must(
      reply?.status === 200 && reply.whole,
      `GET ${path} answered ${reply?.status}: ${reply?.body.toString('utf8', 0, 200)}`,
    )
    return reply.body
  }
  const document: unknown = JSON.parse((await get('/v1/openapi.json')).toString())
  const contract = contractOf(document)
  const rules = createRules(world, document, contract)
  const sound = seededRandom(1)
  const corpus = contract.operations.map(
    (operation) => new Uint8Array(soundRequest(contract, operation, '$admin', sound)),
  )
  let door: Door | undefined
  return {
    name,
    corpus: [...corpus, ...BROKEN_FRAMES],
    rounds: made ? 20_000 : 5000,
    make(random) {
      if (made) return makeRequests(contract, random)
      const from = random.below(4) === 0 ? BROKEN_FRAMES : [makeRequests(contract, random)]
      return mutate(random, from, FRAME_WORDS, MOST_OCTETS)
    },
    async check(input, random) {
      door ??= await open(world.server)
      const octets = withTokens(Buffer.from(input), world.token)
      const before = world.state()
      // Now and then in two halves, with somebody else served in between.
      const half = random.below(8) === 0 ? random.below(octets.length + 1) : octets.length
      const parts = [octets.subarray(0, half), octets.subarray(half)].filter((part) => part.length > 0)
      const exchange = await door.exchange(parts, async () => void (await get('/livez')))
      const { changed } = rules.hold(exchange, before)
      if (changed) {
        for (let i = 0; i < 3; i++) await get(VIEWS[random.below(VIEWS.length)]!)
        world.renew()
      } else if (random.below(8) === 0) await get('/v1/status')
    },
    async close() {
      // Every client has left, and no heartbeat is needed for the server to know.
      let streams: string | undefined
      for (let turns = 0; turns < MOST_TURNS_TO_LEAVE && streams !== '0'; turns++) {
        await setTimeout(1)
        streams = /^meridian_event_streams (\d+)$/m.exec((await get('/metrics')).toString())?.[1]
      }
      must(streams === '0', `${streams} event streams are left of clients that have gone`)
      await door?.close()
      world.close()
    },
  }
}

/** Puts the tokens' texts where their words stand. */
function withTokens(input: Buffer, token: (word: string) => string | undefined): Buffer {
  if (!input.includes('$')) return input
  return Buffer.from(
    input.toString('latin1').replace(/\$([a-z]+)/g, (text, word: string) => {
      // The longest word that stands there: "$operatorx" is a token with something behind it.
      for (let end = word.length; end > 0; end--) {
        const known = token(word.slice(0, end))
        if (known !== undefined) return known + word.slice(end)
      }
      return text
    }),
    'latin1',
  )
}
