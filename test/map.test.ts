/**
 * The map of the house holds: a room imports itself and rooms below it, through the other room's index.ts; pure rooms
 * know no Node.js. The map is the first block of src/README.md; the purity is the table beneath it.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const readme = readFileSync(join(root, 'src/README.md'), 'utf8')

const block = /((?:^ {4}\S.*\n)+)/m.exec(readme)?.[1] ?? ''
const levels = block
  .trim()
  .split('\n')
  .map((line) => line.trim().split(/\s+/))
/** 0 is the top: knows most */
const levelOf = new Map(levels.flatMap((rooms, level) => rooms.map((room) => [room, level] as const)))
const pure = new Set([...readme.matchAll(/^\| (\w+) \|.*\| yes \|$/gm)].map((match) => match[1]!))

/** the room of a path below src/: `base/index.ts` is of base, `main.ts` of main */
const roomOf = (file: string): string =>
  file.includes('/') ? file.slice(0, file.indexOf('/')) : file.replace(/\.ts$/, '')

const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts'))
  .sort()

/** what a source file imports, comments left out */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, 'src', file), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
  // Statements only: the words "import" and "from" stand in texts and in SQL, too.
  const statements = text.matchAll(/^\s*(?:import|export)\s(?:[^'"`;]*?\sfrom\s*)?(['"])([^'"\n]+)\1/gm)
  const calls = text.matchAll(/\bimport\s*\(\s*(['"])([^'"\n]+)\1/g)
  return [...statements, ...calls].map((match) => match[2]!)
}

t.test('the map names every room, and every room is on the map', (t) => {
  t.ok(levelOf.size >= 10, `the first block of src/README.md is the map (${levelOf.size} rooms read)`)
  const unknown = [...new Set(files.map(roomOf))].filter((room) => !levelOf.has(room))
  t.same(unknown, [], 'no folder without a place on the map')
  const unlisted = [...levelOf.keys()].filter((room) => !readme.includes(`| ${room} |`))
  t.same(unlisted, [], 'no room without a line in the table')
  t.end()
})

t.test('rooms import only themselves and rooms below, through index.ts', (t) => {
  const broken: string[] = []
  for (const file of files) {
    const room = roomOf(file)
    for (const specifier of importsOf(file)) {
      if (!specifier.startsWith('.')) continue
      const target = posix.normalize(posix.join(posix.dirname(file), specifier))
      if (target.startsWith('../')) {
        broken.push(`${file} imports ${specifier}, outside src/`)
        continue
      }
      const other = roomOf(target)
      if (other === room) continue
      const from = levelOf.get(room) ?? -1
      const to = levelOf.get(other) ?? -1
      if (to <= from) broken.push(`${file} imports ${specifier}: ${other} is not below ${room} on the map`)
      // A worker's file is started, not imported, so every import of another room goes through its door.
      else if (target !== `${other}/index.ts`)
        broken.push(`${file} imports ${specifier}: the door is ${other}/index.ts`)
    }
  }
  t.same(broken, [])
  t.end()
})

t.test('pure rooms import neither Node.js nor a package', (t) => {
  t.ok(pure.size >= 9, `the table marks the pure rooms (${[...pure].join(' ')})`)
  const broken: string[] = []
  // The steering file's grammar is zod's and yaml's: both are plain ECMAScript.
  for (const file of files.filter((file) => pure.has(roomOf(file))))
    for (const specifier of importsOf(file))
      if (!specifier.startsWith('.') && !(roomOf(file) === 'steer' && /^(zod|yaml)$/.test(specifier)))
        broken.push(`${file} imports ${specifier}`)
  t.same(broken, [])
  t.end()
})

t.test('what ships does not depend on what only builds and tests it', (t) => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  const known = new Set(Object.keys(manifest.dependencies))
  const broken: string[] = []
  for (const file of files)
    for (const specifier of importsOf(file)) {
      if (specifier.startsWith('.') || specifier.startsWith('node:')) continue
      const name = specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/')
      if (!known.has(name)) broken.push(`${file} imports ${specifier}, which is not among the dependencies`)
    }
  t.same(broken, [])
  t.end()
})
