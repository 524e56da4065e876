/**
 * Where commands print: standard output for what was asked for, standard error for what is said about it. Colours and redrawing
 * only where a person looks on (a TTY without NO_COLOR).
 */
import { stripVTControlCharacters, styleText } from 'node:util'

export type Style = Parameters<typeof styleText>[0]

export interface Terminal {
  /** one line or several, without the last newline */
  out(text: string): void
  note(text: string): void
  /** the text in that style, or as it is */
  paint(style: Style, text: string): string
  /** columns; Infinity where nobody looks on */
  readonly width: number
  readonly interactive: boolean
  /** Draws over what `redraw` drew last; on a file or pipe it appends. */
  redraw(text: string): void
  /** Draws a line of progress on standard error over the last one; '' removes it. Nothing where nobody looks on. */
  progress(text: string): void
}

export function createTerminal(
  out: NodeJS.WriteStream = process.stdout,
  err: NodeJS.WriteStream = process.stderr,
  environment: NodeJS.ProcessEnv = process.env,
): Terminal {
  const colours = (out.isTTY && (environment.NO_COLOR ?? '') === '') || (environment.FORCE_COLOR ?? '') !== ''
  let drawn = 0
  let progressing = false
  const write = (stream: NodeJS.WriteStream, text: string): void => {
    stream.write(text)
  }
  // `meridian nodes | head` closes the pipe early: no reason for a stack.
  out.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  return {
    out: (text) => write(out, `${text}\n`),
    note: (text) => write(err, `${text}\n`),
    // Whether a person looks on is decided above; styleText of newer Node.js would decide by standard output alone.
    paint: (style, text) => (colours ? styleText(style, text, { validateStream: false }) : text),
    width: out.isTTY ? out.columns : Number.POSITIVE_INFINITY,
    interactive: out.isTTY === true,
    redraw(text) {
      if (out.isTTY && drawn > 0) write(out, `\u001b[${drawn}A\u001b[0J`)
      write(out, `${text}\n`)
      // A line longer than the screen takes several rows of it.
      const rows = (line: string): number =>
        Math.max(1, Math.ceil(stripVTControlCharacters(line).length / (out.columns || 80)))
      drawn = text.split('\n').reduce((sum, line) => sum + rows(line), 0)
    },
    progress(text) {
      if (!err.isTTY || (text === '' && !progressing)) return
      write(err, `\r\u001b[2K${text}`)
      progressing = text !== ''
    },
  }
}
