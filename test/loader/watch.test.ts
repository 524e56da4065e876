import { mkdirSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import t from 'tap'
import { discover, watchFiles } from '../../src/loader/index.ts'

/** watches a folder, and hands out what is told, one call after the other */
function watched(t: Tap, files: Parameters<Tap['testdir']>[0], single: readonly string[] = [], steadyMs = 50) {
  const folder = t.testdir(files)
  const told: string[][] = []
  let wake = (): void => {}
  const watcher = watchFiles({
    folders: [folder],
    endings: ['.zone', '.yaml'],
    files: () => single.map((name) => join(folder, name)),
    changed(paths) {
      told.push(paths.map((path) => basename(path)).sort())
      wake()
    },
    steadyMs,
    pollMs: 200,
  })
  t.teardown(() => watcher.close())
  const next = async (): Promise<string[] | undefined> => {
    if (told.length === 0)
      await new Promise<void>((resolve) => {
        const deadline = setTimeout(resolve, 10_000)
        wake = () => {
          clearTimeout(deadline)
          resolve()
        }
      })
    return told.shift()
  }
  return { folder, next, watcher, told }
}

type Tap = Pick<typeof t, 'testdir' | 'teardown'>

t.test('a changed, a new, a renamed and a removed file are told', async (t) => {
  const { folder, next } = watched(t, { 'a.zone': 'one', 'b.yaml': 'one', other: 'x' })
  writeFileSync(join(folder, 'a.zone'), 'two')
  t.same(await next(), ['a.zone'])
  writeFileSync(join(folder, 'c.yaml'), 'new')
  t.same(await next(), ['c.yaml'])
  writeFileSync(join(folder, '.b.yaml.swp.yaml'), 'three')
  renameSync(join(folder, '.b.yaml.swp.yaml'), join(folder, 'b.yaml'))
  t.same(await next(), ['b.yaml'], 'an editor that writes beside and renames')
  unlinkSync(join(folder, 'a.zone'))
  t.same(await next(), ['a.zone'])
})

t.test('what is not read is not told; what changes together is told together', async (t) => {
  const { folder, next, told } = watched(t, { 'a.zone': 'one', 'b.yaml': 'one' })
  writeFileSync(join(folder, 'notes.txt'), 'x')
  writeFileSync(join(folder, '.hidden.zone'), 'x')
  writeFileSync(join(folder, 'a.zone'), 'two')
  writeFileSync(join(folder, 'b.yaml'), 'two')
  t.same(await next(), ['a.zone', 'b.yaml'])
  t.same(told, [])
})

t.test('a file that is still being written is told when it is whole', async (t) => {
  const { folder, next, told } = watched(t, { 'a.zone': '' }, [], 600)
  for (let i = 0; i < 10; i++) {
    writeFileSync(join(folder, 'a.zone'), 'x'.repeat(i + 1))
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  t.same(await next(), ['a.zone'])
  t.same(told, [])
})

t.test('a single file elsewhere that is replaced is told', async (t) => {
  const { folder, next } = watched(t, { db: { 'x.mmdb': 'one' } }, ['db/x.mmdb'])
  writeFileSync(join(folder, 'db/y'), 'two')
  renameSync(join(folder, 'db/y'), join(folder, 'db/x.mmdb'))
  t.same(await next(), ['x.mmdb'])
})

t.test('a folder that goes away and comes back is watched again', async (t) => {
  const { folder, next } = watched(t, { 'a.zone': 'one' })
  rmSync(folder, { recursive: true })
  t.same(await next(), ['a.zone'])
  mkdirSync(folder)
  writeFileSync(join(folder, 'a.zone'), 'two')
  t.same(await next(), ['a.zone'])
})

t.test('discovery: <origin>.zone and <anything>.yaml directly in the folder', (t) => {
  const folder = t.testdir({
    'Portal.Example.zone': '',
    'a.example..zone': '',
    'portal.yaml': '',
    'x.yml': '',
    'db.example': '',
    'README.md': '',
    'steering.schema.json': '',
    '.hidden.zone': '',
    'backup.zone~': '',
    examples: { 'inner.zone': '' },
  })
  const found = discover(folder, 'zones')
  t.same(
    found.zones.map((zone) => zone.origin),
    ['a.example.', 'portal.example.'],
  )
  t.same(found.steering, [join(folder, 'portal.yaml')])
  t.same(
    found.issues.map((issue) => [issue.severity, issue.file]),
    [
      ['warning', 'zones/db.example'],
      ['warning', 'zones/x.yml'],
    ],
  )
  t.match(discover(join(folder, 'none'), 'none').issues, [{ code: 'loader/folder', severity: 'error' }])
  t.match(discover(t.testdir({ 'A.zone': '', 'a.zone': '' }), 'z').issues, [{ code: 'loader/zone-twice' }])
  t.end()
})
