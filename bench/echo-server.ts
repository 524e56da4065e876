/** The plain echo through our own driver, as a process: `node build/bench/echo-server.js PORT [batched|portable] [WORKERS]`. */

import { parseListenAddress, startServing } from '../src/serve/index.ts'

const [port = '0', driver = 'batched', workers = '1'] = process.argv.slice(2)
const say = (_details: object, message: string): void => console.error(message)
const serving = await startServing({
  listen: [parseListenAddress(`127.0.0.1:${port}`)!],
  workers: Number(workers),
  driver: driver === 'portable' ? 'portable' : 'batched',
  responderModule: new URL('./echo-responder.js', import.meta.url).href,
  init: () => undefined,
  slowDoor: async () => {},
  log: { info: () => {}, warn: say, error: say },
})
process.once('SIGTERM', () => void serving.stop())
