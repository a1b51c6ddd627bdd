import { increase, JOB, quantile, rate, type Section } from './dashboard-queries.ts'

const stat = { type: 'stat', width: 4 } as const
const series = { type: 'timeseries', width: 12 } as const

/** What the dashboard shows, top to bottom. */
export const SECTIONS: readonly Section[] = [
  {
    title: 'At a glance',
    panels: [
      {
        ...{ ...stat, unit: 'short', title: 'Processes that are scraped' },
        description: 'Of those that Prometheus knows, controllers among them.',
        queries: [[`count(up{${JOB}} == 1)`]],
      },
      {
        ...{ ...stat, unit: 'reqps', title: 'Decisions' },
        description: 'Of the token service, the gateway and the catalog together.',
        queries: [[`sum(${rate('rauth_decisions_total')})`]],
      },
      {
        ...{ ...stat, unit: 'percentunit', title: 'Could not be decided', limits: [0.001, 0.01] },
        description: 'Answered with a 5xx: rauth could not tell yes from no.',
        queries: [
          [
            `(sum(${rate('rauth_decisions_total', 'outcome="failed"')}) or vector(0))` +
              ` / sum(${rate('rauth_decisions_total')})`,
          ],
        ],
      },
      {
        ...{ ...stat, unit: 's', title: 'Slowest hundredth of the checks', limits: [0.1, 0.25] },
        description: 'Inside rauth, by the gateway.',
        queries: [
          [
            'histogram_quantile(0.99, sum by (le) ' +
              `(${rate('rauth_decision_duration_seconds_bucket', 'half="gateway"')}))`,
          ],
        ],
      },
      {
        ...{ ...stat, unit: 's', title: 'Since Secrets were last heard of', limits: [60, 300] },
        description: 'Of the pod that knows least. With Secrets of a cluster only.',
        queries: [[`max(rauth_credentials_sync_age_seconds{${JOB}})`]],
      },
      {
        ...{ ...stat, unit: 's', title: 'Until the last signing key ends' },
        description: 'Of the pod whose last key ends first.',
        queries: [[`min(max by (instance) (rauth_key_expiry_timestamp_seconds{${JOB}})) - time()`]],
      },
    ],
  },
  {
    title: 'Decisions',
    panels: [
      {
        ...{ ...series, unit: 'reqps', title: 'By half and outcome' },
        description: 'Refused is an answer; failed is none.',
        queries: [
          [`sum by (half, outcome) (${rate('rauth_decisions_total')})`, '{{half}} {{outcome}}'],
        ],
      },
      {
        ...{ ...series, unit: 'reqps', title: 'Refusals by reason' },
        description: 'token_missing is how clients learn where tokens are.',
        queries: [
          [
            `sum by (reason) (${rate('rauth_decisions_total', 'outcome!="allowed"')})`,
            '{{reason}}',
          ],
        ],
      },
      {
        ...{ ...series, unit: 'reqps', title: 'By what was asked' },
        description: 'Kinds of requests to the registry, and tokens.',
        queries: [[`sum by (route) (${rate('rauth_decisions_total')})`, '{{route}}']],
      },
      {
        ...{ ...series, unit: 'short', title: 'What a policy in shadow would have denied' },
        description: 'Only with rules that are in shadow.',
        queries: [[`sum by (half) (${increase('rauth_shadow_denials_total')})`, '{{half}}']],
      },
    ],
  },
  {
    title: 'Time',
    panels: [
      {
        ...{ ...series, unit: 's', title: 'A decision, by half' },
        description: 'Inside rauth: the network and Envoy come on top.',
        queries: [
          [quantile(0.5, 'half'), '{{half}} p50'],
          [quantile(0.99, 'half'), '{{half}} p99'],
        ],
      },
      {
        ...{ ...series, unit: 's', title: 'The slowest twentieth, by what was asked' },
        description: 'Tokens are slow where passwords have bcrypt hashes or LDAP is asked.',
        queries: [[quantile(0.95, 'route'), '{{route}}']],
      },
    ],
  },
  {
    title: 'What is remembered, and guesses',
    panels: [
      {
        ...{ ...series, unit: 'percentunit', title: 'Known without work' },
        description: 'Signatures, tokens given out again, bcrypt checks, answers of others.',
        queries: [
          [
            `sum by (cache) (${rate('rauth_cache_lookups_total', 'result="hit"')})` +
              ` / (sum by (cache) (${rate('rauth_cache_lookups_total')}) > 0)`,
            '{{cache}}',
          ],
        ],
      },
      {
        ...{ ...series, unit: 'short', title: 'Failed logins' },
        description: 'Sources that are counted, and what was turned away unseen.',
        queries: [
          [`sum by (counted_by) (rauth_guessing_sources{${JOB}})`, 'counted by {{counted_by}}'],
          [
            `sum(${increase('rauth_decisions_total', 'reason="too_many_failures"')}) or vector(0)`,
            'turned away',
          ],
        ],
      },
    ],
  },
  {
    title: 'The record of decisions',
    panels: [
      {
        ...{ ...series, unit: 'short', title: 'The file of the audit' },
        description: 'Takes lines: 1; they wait in memory: 0. Nothing where the audit has no file.',
        queries: [[`rauth_audit_file_up{${JOB}}`, '{{instance}}']],
      },
      {
        ...{ ...series, unit: 'reqps', title: 'Records that did not arrive' },
        description: 'An audit has a gap there.',
        queries: [
          [`sum by (sink) (${rate('rauth_decision_sink_failures_total')})`, '{{sink}}'],
          [`sum(${rate('rauth_audit_lines_lost_total')})`, 'lines of the audit file'],
        ],
      },
    ],
  },
  {
    title: 'Secrets and the Kubernetes API',
    panels: [
      {
        ...{ ...series, unit: 'short', title: 'Namespaces with a Secret' },
        description:
          'One that is unusable is named in the log, one that ended in the live view, too.',
        queries: [[`max by (state) (rauth_credentials_secrets{${JOB}})`, '{{state}}']],
      },
      {
        ...{ ...series, unit: 'reqps', title: 'Answers of the API server, and ends of watches' },
        description: 'Status 0: it did not answer.',
        queries: [
          [`sum by (status) (${rate('rauth_kubernetes_requests_total')})`, '{{status}}'],
          [`sum by (end) (${rate('rauth_kubernetes_watch_restarts_total')})`, 'watch {{end}}'],
        ],
      },
    ],
  },
  {
    title: 'Keys, certificates, policy, versions',
    panels: [
      {
        ...{ ...series, unit: 's', title: 'Until they end' },
        description: 'Signing keys, their CA, and certificates of the ports that have TLS.',
        queries: [
          [`min by (kid) (rauth_key_expiry_timestamp_seconds{${JOB}}) - time()`, 'key {{kid}}'],
          [`min(rauth_ca_expiry_timestamp_seconds{${JOB}}) - time()`, 'CA'],
          [
            `min by (listener) (rauth_tls_expiry_timestamp_seconds{${JOB}}) - time()`,
            'TLS of {{listener}}',
          ],
        ],
      },
      {
        ...{ ...series, unit: 'short', title: 'What cannot be used as it is now' },
        description: '1: rauth goes on with what it had.',
        queries: [[`max by (what) (rauth_reload_refused{${JOB}})`, '{{what}}']],
      },
      {
        ...{ ...series, unit: 'short', title: 'Processes by their policy' },
        description: 'Two at a time while a change goes round; for longer, one pod is left behind.',
        queries: [[`count by (version) (rauth_policy_info{${JOB}})`, '{{version}}']],
      },
      {
        ...{ ...series, unit: 'short', title: 'Processes by their version' },
        description: 'Of rauth, and of Node.js.',
        queries: [
          [`count by (version, node) (rauth_build_info{${JOB}})`, '{{version}} on {{node}}'],
        ],
      },
    ],
  },
  {
    title: 'Processes',
    panels: [
      {
        ...{ ...series, unit: 'bytes', title: 'Memory' },
        description: 'Resident.',
        queries: [[`process_resident_memory_bytes{${JOB}}`, '{{instance}}']],
      },
      {
        ...{ ...series, unit: 'percentunit', title: 'Processor' },
        description: 'Of one core.',
        queries: [[rate('process_cpu_seconds_total'), '{{instance}}']],
      },
      {
        ...{ ...series, unit: 's', title: 'Event loop: how late' },
        description: 'p99: every request waits for that.',
        queries: [[`nodejs_eventloop_lag_p99_seconds{${JOB}}`, '{{instance}}']],
      },
      {
        ...{ ...series, unit: 'percentunit', title: 'Collecting garbage' },
        description: 'Share of the time.',
        queries: [
          [`sum by (instance) (${rate('nodejs_gc_duration_seconds_sum')})`, '{{instance}}'],
        ],
      },
    ],
  },
  {
    title: 'The controller, where there is one',
    panels: [
      {
        ...{ ...series, unit: 'short', title: 'Namespaces, and who writes' },
        description: 'One leads.',
        queries: [
          [`max by (state) (rauth_controller_namespaces{${JOB}})`, '{{state}}'],
          [`sum(rauth_controller_leader{${JOB}})`, 'leaders'],
        ],
      },
      {
        ...{ ...series, unit: 'reqps', title: 'Looks and writes' },
        description: 'A look that finds nothing to do is in_step.',
        queries: [
          [`sum by (outcome) (${rate('rauth_controller_reconciles_total')})`, '{{outcome}}'],
          [
            `sum by (object, why) (${rate('rauth_controller_writes_total')})`,
            '{{object}}: {{why}}',
          ],
        ],
      },
      {
        ...{ ...series, unit: 'short', title: 'Namespaces that wait for a look' },
        description: 'Later: those that are to be rotated some day.',
        queries: [[`sum by (state) (rauth_controller_queue{${JOB}})`, '{{state}}']],
      },
      {
        ...{ ...series, unit: 's', title: 'Ages' },
        description: 'Of the oldest password, and of what the controller knows.',
        queries: [
          [`max(rauth_controller_oldest_password_age_seconds{${JOB}})`, 'oldest password'],
          [`max(rauth_controller_sync_age_seconds{${JOB}})`, 'knowledge'],
        ],
      },
    ],
  },
]
