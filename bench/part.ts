/** What a part of the benchmark is: it runs, and tells its figures as lines of Markdown. */

export interface Part {
  /** As on the command line. */
  readonly name: string
  readonly title: string
  run(context: BenchContext): Promise<string[]>
}

export interface BenchContext {
  /** An empty folder for this part. */
  readonly folder: string
  /** Repetitions, interleaved; the medians count. */
  readonly rounds: number
  /** Seconds of load per measurement. */
  readonly seconds: number
  say(line: string): void
}

/** A table in Markdown. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)]
}
