/**
 * The thread that compiles places while the load thread reads a large zone: workerData is its job, one message the outcome.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { compilePlaces, type PlacesJob } from './compile-places.ts'

parentPort?.postMessage(compilePlaces(workerData as PlacesJob))
