// Writes zones/steering.schema.json from the schema in the code. Run `npm run build` first.
import { existsSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const built = join(root, 'build/src/steer/index.js')
if (!existsSync(built)) {
  console.error('build/ is missing: run `npm run build` and try again.')
  process.exit(1)
}
const { steeringJsonSchema } = await import(pathToFileURL(built))
writeFileSync(join(root, 'zones/steering.schema.json'), `${JSON.stringify(steeringJsonSchema(), null, 2)}\n`)
console.log('wrote zones/steering.schema.json')
