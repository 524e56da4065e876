#!/usr/bin/env node
/**
 * Makes docs/monitoring/dashboard.json: rows of panels, each a title, a unit and its queries. Run it after a change here:
 *
 *     node bin/make-dashboard.mjs
 */
import { writeFileSync } from 'node:fs'

const SOURCE = { type: 'prometheus', uid: '${source}' }
const HERE = '{instance=~"$instance"}'
const within = (labels) => `{instance=~"$instance",${labels}}`

/** title, unit, and queries with their legends */
const ROWS = [
  [
    'Now',
    [
      ['Status', 'none', [[`max(meridian_status${HERE})`, 'status']], 'stat'],
      [
        'Fit nodes',
        'none',
        [
          [`sum(meridian_pool_fit${HERE})`, 'fit'],
          [`sum(meridian_pool_members${HERE})`, 'members'],
        ],
        'stat',
      ],
      [
        'Pools below their floor',
        'none',
        [[`count(meridian_pool_fit${HERE} < meridian_pool_floor${HERE}) or vector(0)`, 'pools']],
        'stat',
      ],
      ['Alerts', 'none', [[`sum(meridian_alerts${HERE}) or vector(0)`, 'alerts']], 'stat'],
    ],
  ],
  [
    'Answers',
    [
      [
        'Queries a second, by transport',
        'reqps',
        [[`sum by (transport) (rate(meridian_queries_total${HERE}[1m]))`, '{{transport}}']],
      ],
      [
        'Responses a second, by rcode',
        'reqps',
        [[`sum by (rcode) (rate(meridian_responses_total${HERE}[1m]))`, '{{rcode}}']],
      ],
      [
        'Steered answers a second, by pool',
        'reqps',
        [[`sum by (record, pool) (rate(meridian_steered_answers_total${HERE}[1m]))`, '{{record}} {{pool}}']],
      ],
      [
        'Answers a second that name a node',
        'reqps',
        [[`sum by (node) (rate(meridian_node_answers_total${HERE}[1m]))`, '{{node}}']],
      ],
      [
        'Clients, by country',
        'reqps',
        [[`topk(10, sum by (country) (rate(meridian_country_answers_total${HERE}[5m])))`, '{{country}}']],
      ],
      ['Packets without a response', 'reqps', [[`sum by (why) (rate(meridian_silent_total${HERE}[1m]))`, '{{why}}']]],
    ],
  ],
  [
    'Health',
    [
      [
        'Seconds of badness (a node leaves at its remove_after)',
        's',
        [[`meridian_node_bad_seconds${HERE} > 0`, '{{node}} {{check}}']],
      ],
      [
        'Nodes that are not up',
        'none',
        [[`sum by (health) (meridian_node_health${within('health!="up"')})`, '{{health}}']],
      ],
      [
        'In service, by pool',
        'none',
        [
          [`meridian_pool_in_service${HERE}`, '{{pool}}'],
          [`meridian_pool_floor${HERE}`, '{{pool}} floor'],
        ],
      ],
      [
        'Probes a second, by what they saw',
        'reqps',
        [[`sum by (class) (rate(meridian_probes_total${HERE}[1m]))`, '{{class}}']],
      ],
      [
        'Probe duration, 95th percentile',
        's',
        [
          [
            `histogram_quantile(0.95, sum by (le, check) (rate(meridian_probe_duration_seconds_bucket${HERE}[5m])))`,
            '{{check}}',
          ],
        ],
      ],
      ['Flaps', 'none', [[`meridian_node_flaps${HERE} > 0`, '{{node}}']]],
    ],
  ],
  [
    'Server',
    [
      [
        'Changes, by kind',
        'none',
        [[`sum by (kind) (increase(meridian_journal_entries_total${HERE}[5m]))`, '{{kind}}']],
      ],
      [
        'Generation',
        'none',
        [
          [`meridian_generation${HERE}`, 'declared'],
          [`meridian_world_generation${HERE}`, 'published'],
        ],
      ],
      ['CPU', 'percentunit', [[`rate(meridian_process_cpu_seconds_total${HERE}[1m])`, '{{instance}}']]],
      ['Memory', 'bytes', [[`meridian_process_resident_memory_bytes${HERE}`, '{{instance}}']]],
      ['Event loop lag, 99th percentile', 's', [[`meridian_nodejs_eventloop_lag_p99_seconds${HERE}`, '{{instance}}']]],
      [
        'API requests a second',
        'reqps',
        [[`sum by (method, status) (rate(meridian_api_requests_total${HERE}[1m]))`, '{{method}} {{status}}']],
      ],
    ],
  ],
]

const panels = []
let y = 0
for (const [title, row] of ROWS) {
  panels.push({
    type: 'row',
    title,
    id: panels.length + 1,
    collapsed: false,
    gridPos: { x: 0, y: y++, w: 24, h: 1 },
    panels: [],
  })
  const [width, height] = row[0][3] === 'stat' ? [6, 4] : [8, 8]
  row.forEach(([name, unit, queries, type = 'timeseries'], i) => {
    panels.push({
      type,
      title: name,
      id: panels.length + 1,
      datasource: SOURCE,
      gridPos: { x: (i * width) % 24, y: y + height * Math.floor((i * width) / 24), w: width, h: height },
      fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
      options:
        type === 'stat'
          ? { reduceOptions: { calcs: ['lastNotNull'] } }
          : { legend: { displayMode: 'list', placement: 'bottom' } },
      targets: queries.map(([expr, legendFormat], n) => ({ datasource: SOURCE, refId: 'ABC'[n], expr, legendFormat })),
    })
  })
  y += height * Math.ceil((row.length * width) / 24)
}

const dashboard = {
  title: 'Meridian',
  uid: 'meridian',
  tags: ['dns'],
  schemaVersion: 39,
  refresh: '10s',
  time: { from: 'now-1h', to: 'now' },
  templating: {
    list: [
      { name: 'source', type: 'datasource', query: 'prometheus', label: 'Data source' },
      {
        name: 'instance',
        type: 'query',
        label: 'Server',
        datasource: SOURCE,
        query: 'label_values(meridian_build_info, instance)',
        refresh: 1,
        multi: true,
        includeAll: true,
        current: { text: 'All', value: '$__all' },
      },
    ],
  },
  annotations: {
    list: [
      {
        name: 'Changes of the declared state',
        datasource: SOURCE,
        enable: true,
        expr: 'changes(meridian_generation{instance=~"$instance"}[1m]) > 0',
        iconColor: 'blue',
        titleFormat: 'generation {{instance}}',
      },
    ],
  },
  panels,
}
writeFileSync(new URL('../docs/monitoring/dashboard.json', import.meta.url), `${JSON.stringify(dashboard, null, 1)}\n`)
