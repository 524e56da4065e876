/**
 * The HTTP API's server on a real socket, sent octets that are nearly requests: broken lines, floods of headers, chunks without end,
 * several requests at once, halves that come late while somebody else is served. What must hold stands in fuzz/api/rules.ts.
 */
import { socketDoor } from '../api/exchange.ts'
import { apiTarget } from '../api/target.ts'

export const target = await apiTarget('http-octets', socketDoor, false)
