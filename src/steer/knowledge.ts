/**
 * Do the databases know what the rules ask? A rule for a subdivision takes nobody where no database knows subdivisions, and
 * nothing else would say so.
 */
import type { Issue } from '../base/index.ts'
import type { Knowledge } from '../geo/index.ts'
import type { Match, Origin, Steering } from '../policy/index.ts'

const NEEDS = [
  { knows: 'country', keys: ['country', 'continent'], words: 'countries', file: 'country or geoip.city' },
  {
    knows: 'subdivision',
    keys: ['subdivision'],
    words: 'subdivisions',
    file: 'city (a database with ISO codes of subdivisions)',
  },
  { knows: 'asn', keys: ['asn'], words: 'AS numbers', file: 'asn' },
] as const satisfies readonly { knows: keyof Knowledge; keys: readonly (keyof Match)[]; words: string; file: string }[]

/** @returns a warning for each rule that can take nobody, a note for nearest picks that go by countries alone */
export function checkKnowledge(steering: Steering, knowledge: Knowledge): readonly Issue[] {
  const issues: Issue[] = []
  for (const { name, rules, pick, origin } of steering.records.values()) {
    rules.forEach((rule, i) => {
      for (const { knows, keys, words, file } of NEEDS) {
        if (knowledge[knows] || keys.every((key) => rule.match[key].length === 0)) continue
        issues.push({
          severity: 'warning',
          code: 'steer/unknown-place',
          ...placeOf(rule.origin),
          message: `rule ${i + 1} of record ${name} takes nobody: no database knows ${words}.`,
          advice: `Set geoip.${file} in meridian.yaml; geoip/README.md says where databases come from.`,
        })
      }
    })
    if (pick === 'nearest' && !knowledge.coordinates)
      issues.push({
        severity: 'note',
        code: 'steer/rough-distance',
        ...placeOf(origin),
        message: `record ${name} picks the nearest node by the middle of the client's country: no database knows coordinates.`,
        advice: 'Set geoip.city in meridian.yaml for exact distances.',
      })
  }
  return issues
}

function placeOf(origin: Origin): Pick<Issue, 'file' | 'line' | 'column'> {
  return origin.kind === 'file'
    ? { file: origin.file, line: origin.line, column: origin.column }
    : { file: '', line: 0, column: 0 }
}
