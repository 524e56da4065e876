/**
 * The HTTP API, asked by strangers and by people who may write: requests made from the OpenAPI document, right ones and bent ones (method,
 * path, query, headers, body), through the server's own parser. What must hold stands in fuzz/api/rules.ts; and after it all the
 * server still answers a right request.
 */
import { memoryDoor } from '../api/exchange.ts'
import { apiTarget } from '../api/target.ts'

export const target = await apiTarget('http-api', async (server) => memoryDoor(server, 'stranger'), true)
