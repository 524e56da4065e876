/**
 * The countries: which continent each belongs to, and where its middle is, for databases that say only the country.
 *
 * Codes are ISO 3166-1 alpha-2 with XK (Kosovo, user-assigned, but every geo database uses it). Continents are drawn as the
 * geo databases draw them: Cyprus, Turkey, Georgia and Armenia in Asia or Europe are theirs to dispute, ours to state here.
 * Middles are rough (a degree or so): good enough to tell near sites from far ones, no more.
 */

export const CONTINENTS = ['AF', 'AN', 'AS', 'EU', 'NA', 'OC', 'SA'] as const
export type Continent = (typeof CONTINENTS)[number]

export interface Coordinates {
  /** degrees, -90..90 */
  readonly latitude: number
  /** degrees, -180..180 */
  readonly longitude: number
}

export interface Country {
  /** ISO 3166-1 alpha-2, upper case */
  readonly code: string
  readonly continent: Continent
  readonly middle: Coordinates
}

/** code:latitude,longitude */
const TABLE: Readonly<Record<Continent, string>> = {
  AF: `AO:-12,18 BF:12,-2 BI:-3,30 BJ:10,2 BW:-22,24 CD:-3,23 CF:7,21 CG:-1,15 CI:8,-5 CM:6,12 CV:16,-24 DJ:12,43 DZ:36,3
       EG:27,30 EH:25,-13 ER:15,39 ET:8,38 GA:-1,12 GH:8,-1 GM:13,-16 GN:11,-10 GQ:2,10 GW:12,-15 KE:0,38 KM:-12,44 LR:6,-9
       LS:-30,28 LY:28,17 MA:32,-6 MG:-19,47 ML:14,-5 MR:20,-12 MU:-20,58 MW:-14,34 MZ:-18,35 NA:-22,17 NE:15,8 NG:9,8
       RE:-21,56 RW:-2,30 SC:-5,55 SD:15,31 SH:-16,-6 SL:8,-12 SN:14,-15 SO:5,46 SS:7,30 ST:1,7 SZ:-27,31 TD:14,18 TG:8,1
       TN:35,9 TZ:-6,35 UG:1,32 YT:-13,45 ZA:-29,25 ZM:-14,28 ZW:-19,30`,
  AN: 'AQ:-80,0 BV:-54,3 GS:-54,-37 HM:-53,73 TF:-49,69',
  AS: `AE:24,54 AF:34,66 AM:40,45 AZ:40,48 BD:24,90 BH:26,51 BN:5,115 BT:27,90 CC:-12,97 CN:33,108 CX:-10,106 CY:35,33
       GE:42,44 HK:22,114 ID:-5,112 IL:32,35 IN:21,78 IO:-6,72 IQ:33,44 IR:33,53 JO:32,36 JP:36,138 KG:41,75 KH:12,105
       KP:40,127 KR:37,127 KW:29,48 KZ:48,68 LA:18,103 LB:34,36 LK:7,81 MM:21,96 MN:47,104 MO:22,114 MV:4,73 MY:3,102
       NP:28,84 OM:22,57 PH:13,122 PK:31,71 PS:32,35 QA:25,51 SA:24,45 SG:1,104 SY:35,38 TH:15,101 TJ:39,70 TL:-9,126
       TM:39,59 TR:39,34 TW:24,121 UZ:41,66 VN:16,107 YE:15,46`,
  EU: `AD:43,2 AL:41,20 AT:48,15 AX:60,20 BA:44,18 BE:51,4 BG:43,25 BY:53,28 CH:47,8 CZ:50,15 DE:51,10 DK:56,10 EE:59,26
       ES:40,-4 FI:62,25 FO:62,-7 FR:47,2 GB:53,-1 GG:49,-3 GI:36,-5 GR:38,23 HR:45,16 HU:47,19 IE:53,-8 IM:54,-5 IS:65,-19
       IT:43,12 JE:49,-2 LI:47,10 LT:55,24 LU:50,6 LV:57,25 MC:44,7 MD:47,29 ME:43,19 MK:42,22 MT:36,14 NL:52,5 NO:61,10
       PL:52,20 PT:40,-8 RO:45,25 RS:44,21 RU:56,44 SE:60,16 SI:46,15 SJ:78,16 SK:49,19 SM:44,12 UA:49,31 VA:42,12 XK:43,21`,
  NA: `AG:17,-62 AI:18,-63 AW:12,-70 BB:13,-60 BL:18,-63 BM:32,-65 BQ:12,-68 BS:25,-77 BZ:17,-89 CA:47,-85 CR:10,-84
       CU:22,-79 CW:12,-69 DM:15,-61 DO:19,-70 GD:12,-62 GL:65,-50 GP:16,-62 GT:15,-90 HN:15,-87 HT:19,-72 JM:18,-77
       KN:17,-63 KY:19,-81 LC:14,-61 MF:18,-63 MQ:15,-61 MS:17,-62 MX:21,-101 NI:13,-86 PA:9,-80 PM:47,-56 PR:18,-66
       SV:14,-89 SX:18,-63 TC:22,-72 TT:11,-61 US:39,-95 VC:13,-61 VG:18,-65 VI:18,-65`,
  OC: `AS:-14,-171 AU:-31,146 CK:-21,-160 FJ:-18,178 FM:7,158 GU:13,145 KI:1,173 MH:7,171 MP:15,146 NC:-21,165 NF:-29,168
       NR:-1,167 NU:-19,-170 NZ:-40,175 PF:-18,-149 PG:-7,146 PN:-25,-130 PW:7,134 SB:-9,160 TK:-9,-172 TO:-21,-175
       TV:-9,179 UM:19,167 VU:-17,168 WF:-13,-176 WS:-14,-172`,
  SA: `AR:-34,-62 BO:-17,-65 BR:-20,-47 CL:-33,-71 CO:5,-74 EC:-1,-79 FK:-52,-59 GF:4,-53 GY:6,-59 PE:-11,-76 PY:-25,-57
       SR:5,-55 UY:-34,-56 VE:9,-67`,
}

/** All countries by code. */
export const COUNTRIES: ReadonlyMap<string, Country> = new Map(
  CONTINENTS.flatMap((continent) =>
    TABLE[continent].split(/\s+/).map((entry) => {
      const [code, latitude, longitude] = entry.split(/[:,]/) as [string, string, string]
      const middle = { latitude: Number(latitude), longitude: Number(longitude) }
      return [code, { code, continent, middle }] as const
    }),
  ),
)

/** @returns the continent a country belongs to, or undefined for a code that is no country */
export function continentOf(country: string): Continent | undefined {
  return COUNTRIES.get(country)?.continent
}
