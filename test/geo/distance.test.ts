import t from 'tap'
import { CONTINENTS, COUNTRIES, continentOf, distanceKm, nearestOrder } from '../../src/geo/index.ts'

const BERLIN = { latitude: 52.52, longitude: 13.4 }
const CHISINAU = { latitude: 47.01, longitude: 28.86 }
const SYDNEY = { latitude: -33.87, longitude: 151.21 }
const AUCKLAND = { latitude: -36.85, longitude: 174.76 }
const FIJI = { latitude: -18.14, longitude: 178.44 }
const SAMOA = { latitude: -13.83, longitude: -171.77 }

t.test('distances as the atlas has them, to one in a hundred', async (t) => {
  const rows = [
    [BERLIN, CHISINAU, 1264],
    [BERLIN, SYDNEY, 16090],
    [FIJI, SAMOA, 1148],
    [BERLIN, BERLIN, 0],
    [{ latitude: 90, longitude: 0 }, { latitude: -90, longitude: 77 }, 20015],
    [{ latitude: 0, longitude: 0 }, { latitude: 0, longitude: 180 }, 20015],
  ] as const
  for (const [a, b, km] of rows) {
    t.ok(Math.abs(distanceKm(a, b) - km) <= km / 100 + 1, `${distanceKm(a, b)} for ${km}`)
    t.equal(distanceKm(a, b), distanceKm(b, a))
  }
})

t.test('sites in order; the unknown last, ties as declared', async (t) => {
  const sites = [
    { name: 'nowhere', at: undefined },
    { name: 'sydney', at: SYDNEY },
    { name: 'berlin', at: BERLIN },
    { name: 'berlin too', at: BERLIN },
    { name: 'auckland', at: AUCKLAND },
    { name: 'chisinau', at: CHISINAU },
  ]
  t.same(nearestOrder(sites, CHISINAU), [5, 2, 3, 1, 4, 0])
  t.same(nearestOrder(sites, SAMOA), [4, 1, 2, 5, 3, 0], 'the fourth and later by their distance from the nearest')
  t.same(nearestOrder([], BERLIN), [])
  t.same(nearestOrder([{ name: 'nowhere', at: undefined }], BERLIN), [0])
})

t.test('countries: every code once, on a continent, on the globe', async (t) => {
  t.equal(COUNTRIES.size, 250, 'the 249 of ISO 3166-1, and XK')
  for (const { code, continent, middle } of COUNTRIES.values()) {
    if (!/^[A-Z]{2}$/.test(code) || !CONTINENTS.includes(continent)) t.fail(code)
    if (!(Math.abs(middle.latitude) <= 90) || !(Math.abs(middle.longitude) <= 180)) t.fail(code)
  }
  t.equal(continentOf('MD'), 'EU')
  t.equal(continentOf('US'), 'NA')
  t.equal(continentOf('BR'), 'SA')
  t.equal(continentOf('XX'), undefined)
  // A middle on the wrong side of the globe is the likeliest slip in a table like this.
  const near = (code: string, at: typeof BERLIN): number => distanceKm(COUNTRIES.get(code)!.middle, at)
  t.ok(near('DE', BERLIN) < 400)
  t.ok(near('MD', CHISINAU) < 100)
  t.ok(near('AU', SYDNEY) < 700)
  t.ok(near('FJ', FIJI) < 200)
  t.ok(near('WS', SAMOA) < 200)
})
