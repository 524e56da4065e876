/**
 * Where an address is, as the server's databases say.
 */
import type { Command } from 'commander'
import type { PlaceFacts } from '../../answer/index.ts'
import { parseAddress } from '../../base/index.ts'
import type { Act, Context } from '../context.ts'
import { EXIT, Failure } from '../failure.ts'
import { examples } from './examples.ts'

export function addGeoCommand(program: Command, act: Act): void {
  program
    .command('geo <address>')
    .description('where an address is, and which database says so')
    .addHelpText('after', examples(['meridian geo 178.168.0.1', 'meridian geo 2001:db8::1 --json']))
    .action(
      act(async (context: Context, address: string) => {
        if (parseAddress(address) === undefined) throw new Failure(`"${address}" is no address.`, { exit: EXIT.usage })
        const place = await context.api().get<PlaceFacts>('/v1/geo', { address })
        context.print(place, () => printPlace(place))
      }),
    )
}

function printPlace(place: PlaceFacts): string {
  const facts = [
    ['country', place.country],
    ['subdivision', place.subdivision],
    ['continent', place.continent],
    ['network operator', place.asn === null ? null : `AS${place.asn}`],
    [
      'coordinates',
      place.latitude === null || place.longitude === null ? null : `${place.latitude}, ${place.longitude}`,
    ],
  ] as const
  const known = facts.filter(([, value]) => value !== null)
  if (known.length === 0) return `${place.address}: no database knows it. Rules for everyone apply.`
  return [
    `${place.address}: ${known.map(([what, value]) => `${what} ${value}`).join(', ')}`,
    ...(place.database === null
      ? []
      : [`  says ${place.database}${place.network === null ? '' : ` of ${place.network}`}`]),
  ].join('\n')
}
