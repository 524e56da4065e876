/** Serves the echo on the address given, over sockets that were handed over; says 'serving' and ends with SIGTERM. */

import { recordingLog, serveEcho } from './harness.ts'

const log = recordingLog()
const serving = await serveEcho([process.argv[2]!], { workers: 2, log })
console.log('serving')
process.once('SIGTERM', () => void serving.stop())
