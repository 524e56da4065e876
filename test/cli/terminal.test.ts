import { PassThrough } from 'node:stream'
import t from 'tap'
import { oneLine, printTable } from '../../src/cli/table.ts'
import { createTerminal } from '../../src/cli/terminal.ts'

/** a stream that may be a screen, and what was written to it */
function screen(isTTY: boolean, columns = 20) {
  const stream = new PassThrough()
  let text = ''
  stream.on('data', (part: Buffer) => {
    text += part.toString()
  })
  return { stream: Object.assign(stream, { isTTY, columns }) as unknown as NodeJS.WriteStream, text: () => text }
}

t.test('colours are for people: not for files, not with NO_COLOR, always with FORCE_COLOR', (t) => {
  const paint = (isTTY: boolean, environment: NodeJS.ProcessEnv): string =>
    createTerminal(screen(isTTY).stream, screen(isTTY).stream, environment).paint('red', 'x')
  t.equal(paint(true, {}), '\u001b[31mx\u001b[39m')
  t.equal(paint(true, { NO_COLOR: '1' }), 'x')
  t.equal(paint(false, {}), 'x')
  t.equal(paint(false, { FORCE_COLOR: '1' }), '\u001b[31mx\u001b[39m')
  t.end()
})

t.test('a screen is drawn over, rows of long lines counted; a file is appended to', async (t) => {
  const tty = screen(true, 10)
  const terminal = createTerminal(tty.stream, screen(true).stream, {})
  terminal.redraw(`short\n${'x'.repeat(25)}`)
  terminal.redraw('again')
  await new Promise(setImmediate)
  t.ok(tty.text().includes('\u001b[4A\u001b[0J'), JSON.stringify(tty.text()))
  const file = screen(false)
  const plain = createTerminal(file.stream, screen(false).stream, {})
  plain.redraw('one')
  plain.redraw('two')
  await new Promise(setImmediate)
  t.equal(file.text(), 'one\ntwo\n')
})

t.test('progress is drawn where somebody looks on, and removed', async (t) => {
  const err = screen(true)
  const terminal = createTerminal(screen(true).stream, err.stream, {})
  terminal.progress('half')
  terminal.progress('')
  terminal.progress('')
  await new Promise(setImmediate)
  t.equal(err.text(), '\r\u001b[2Khalf\r\u001b[2K')
  const file = screen(false)
  createTerminal(screen(false).stream, file.stream, {}).progress('half')
  await new Promise(setImmediate)
  t.equal(file.text(), '')
})

t.test('tables: columns as wide as they must be, the last one cut at the edge', (t) => {
  const terminal = { ...createTerminal(screen(false).stream, screen(false).stream, {}), width: 24 }
  const columns = [
    { title: 'name', cell: (row: { name: string; why: string }) => row.name },
    { title: 'n', cell: () => '12', right: true },
    { title: 'why', cell: (row: { name: string; why: string }) => row.why },
  ]
  const rows = [
    { name: 'a', why: 'short' },
    { name: 'longer', why: 'a reason that is too long' },
  ]
  t.equal(
    printTable(terminal, columns, rows, 'none'),
    ['NAME     N  WHY', 'a       12  short', 'longer  12  a reason th…'].join('\n'),
  )
  t.equal(printTable(terminal, columns, [], 'none'), 'none')
  t.equal(oneLine('a\u001b[31m\nb\u0007'), 'a [31m b ')
  t.end()
})
