/** What an alert is tried with: series in promtool's words, a value a minute. */
export interface AlertCase {
  readonly alert: string
  /** By these it fires at `at`. */
  readonly fires: Readonly<Record<string, string>>
  /** By each of these alone, too. */
  readonly firesToo?: readonly Readonly<Record<string, string>>[]
  /** By these it does not, though they are close. */
  readonly quiet: Readonly<Record<string, string>>
  /** When is looked, as promtool has it. */
  readonly at: string
  /** Labels of the alert that come from the series. */
  readonly labels?: Readonly<Record<string, string>>
  /** What whoever is woken reads. */
  readonly summary: string
}

const POD = { pod: 'rauth-1' }
const HALF = { half: 'gateway' }
const NAMESPACE = { namespace: 'registry' }

/** The clock of promtool begins at 0: the end of a certificate is so many days from there. */
const day = (count: number) => String(count * 86_400)

/** Each alert, in the order of the rules. */
export const ALERT_CASES: readonly AlertCase[] = [
  {
    ...{ alert: 'RauthUnsynced', at: '3m', labels: POD },
    fires: { 'rauth_credentials_synced{pod="rauth-1"}': '0x5' },
    quiet: { 'rauth_credentials_synced{pod="rauth-1"}': '0 0 1x5' },
    summary: 'rauth-1 does not know the credentials of namespaces',
  },
  {
    ...{ alert: 'RauthCredentialsStale', at: '10m', labels: POD },
    fires: { 'rauth_credentials_sync_age_seconds{pod="rauth-1"}': '0+60x20' },
    quiet: { 'rauth_credentials_sync_age_seconds{pod="rauth-1"}': '0 60 290x20' },
    summary: 'rauth-1 has heard nothing of Secrets for 10m 0s',
  },
  {
    ...{ alert: 'RauthSecretUnusable', at: '11m', labels: NAMESPACE },
    fires: { 'rauth_credentials_secrets{namespace="registry",state="unusable"}': '2x20' },
    quiet: {
      'rauth_credentials_secrets{namespace="registry",state="usable"}': '2x20',
      'rauth_credentials_secrets{namespace="registry",state="ended"}': '2x20',
      'rauth_credentials_secrets{namespace="registry",state="unusable"}': '1x5 0x10',
    },
    summary: '2 namespaces have a Secret that cannot be used',
  },
  {
    ...{ alert: 'RauthUnavailable', at: '11m', labels: HALF },
    fires: {
      'rauth_decisions_total{half="gateway",outcome="allowed",reason=""}': '0+95x20',
      'rauth_decisions_total{half="gateway",outcome="failed",reason="not_ready"}': '0+5x20',
    },
    quiet: {
      'rauth_decisions_total{half="gateway",outcome="allowed",reason=""}': '0+995x20',
      'rauth_decisions_total{half="gateway",outcome="failed",reason="not_ready"}': '0+5x20',
      'rauth_decisions_total{half="token",outcome="refused",reason="credentials_invalid"}':
        '0+50x20',
    },
    summary: 'rauth cannot decide 5% of the requests to its gateway',
  },
  {
    ...{ alert: 'RauthDenialsJump', at: '100m', labels: NAMESPACE },
    fires: {
      'rauth_decisions_total{namespace="registry",outcome="allowed",reason=""}': '0+900x120',
      'rauth_decisions_total{namespace="registry",outcome="refused",reason="access_denied"}':
        '0+10x80 1100+300x40',
    },
    quiet: {
      'rauth_decisions_total{namespace="registry",outcome="allowed",reason=""}': '0+900x120',
      // Each client asks without a token first; and what is denied was always so.
      'rauth_decisions_total{namespace="registry",outcome="refused",reason="token_missing"}':
        '0+10x80 1100+900x40',
      'rauth_decisions_total{namespace="registry",outcome="refused",reason="access_denied"}':
        '0+300x120',
    },
    summary: '25% of the requests are refused, many more than before',
  },
  {
    ...{ alert: 'RauthSlow', at: '20m', labels: HALF },
    fires: {
      'rauth_decision_duration_seconds_bucket{half="gateway",le="0.25"}': '0+90x30',
      'rauth_decision_duration_seconds_bucket{half="gateway",le="1"}': '0+100x30',
      'rauth_decision_duration_seconds_bucket{half="gateway",le="+Inf"}': '0+100x30',
    },
    quiet: {
      'rauth_decision_duration_seconds_bucket{half="gateway",le="0.25"}': '0+999x30',
      'rauth_decision_duration_seconds_bucket{half="gateway",le="1"}': '0+1000x30',
      'rauth_decision_duration_seconds_bucket{half="gateway",le="+Inf"}': '0+1000x30',
    },
    summary: 'a hundredth of the decisions of the gateway take longer than 250 ms',
  },
  {
    ...{ alert: 'RauthEventLoopLag', at: '12m', labels: { ...POD, job: 'rauth', instance: 'a' } },
    fires: {
      'nodejs_eventloop_lag_p99_seconds{job="rauth",instance="a",pod="rauth-1"}': '0.5x20',
      'rauth_build_info{job="rauth",instance="a",version="1"}': '1x20',
    },
    quiet: {
      'nodejs_eventloop_lag_p99_seconds{job="rauth",instance="a",pod="rauth-1"}': '0.02x20',
      'rauth_build_info{job="rauth",instance="a",version="1"}': '1x20',
      // Somebody else's program.
      'nodejs_eventloop_lag_p99_seconds{job="shop",instance="b",pod="shop-1"}': '5x20',
    },
    summary: 'the event loop of rauth-1 is 500ms late',
  },
  {
    ...{ alert: 'RauthGuessing', at: '20m' },
    fires: { 'rauth_decisions_total{reason="too_many_failures"}': '0+60x30' },
    quiet: {
      'rauth_decisions_total{reason="too_many_failures"}': '0+6x30',
      'rauth_decisions_total{reason="credentials_invalid"}': '0+60x30',
    },
    summary: 'logins are turned away after too many failures',
  },
  {
    ...{ alert: 'RauthRedisAway', at: '11m', labels: POD },
    fires: { 'rauth_guessing_redis_up{pod="rauth-1"}': '0x20' },
    quiet: { 'rauth_guessing_redis_up{pod="rauth-1"}': '0x5 1x15' },
    summary: 'rauth-1 counts failed logins for itself: Redis does not answer',
  },
  {
    ...{ alert: 'RauthClockOff', at: '10m', labels: POD },
    fires: { 'rauth_time_seconds{pod="rauth-1"}': '600+60x20' },
    // Behind, too.
    firesToo: [{ 'rauth_time_seconds{pod="rauth-1"}': '-600+60x20' }],
    quiet: { 'rauth_time_seconds{pod="rauth-1"}': '5+60x20' },
    summary: 'the clock of rauth-1 is 10m 0s away from that of Prometheus',
  },
  {
    ...{ alert: 'RauthKeyExpires', at: '61m', labels: POD },
    fires: { 'rauth_key_expiry_timestamp_seconds{pod="rauth-1",kid="a"}': `${day(10)}x70` },
    quiet: {
      'rauth_key_expiry_timestamp_seconds{pod="rauth-1",kid="a"}': `${day(10)}x70`,
      'rauth_key_expiry_timestamp_seconds{pod="rauth-1",kid="b"}': `${day(300)}x70`,
    },
    summary: 'the last signing key of rauth-1 ends in 9d 22h 59m 0s',
  },
  {
    ...{ alert: 'RauthAuthorityExpires', at: '61m' },
    fires: {
      'rauth_ca_expiry_timestamp_seconds{fingerprint="a"}': `${day(60)}x70`,
      'rauth_ca_expiry_timestamp_seconds{fingerprint="b"}': `${day(600)}x70`,
    },
    quiet: { 'rauth_ca_expiry_timestamp_seconds{fingerprint="a"}': `${day(91)}x70` },
    summary: 'a CA that registries trust ends in 59d 22h 59m 0s',
  },
  {
    ...{ alert: 'RauthTlsExpires', at: '61m', labels: { listener: 'gateway' } },
    fires: {
      'rauth_tls_expiry_timestamp_seconds{listener="gateway"}': `${day(80)}x70`,
      'rauth_tls_client_authority_expiry_timestamp_seconds{listener="gateway"}': `${day(3)}x70`,
      'rauth_tls_expiry_timestamp_seconds{listener="token"}': `${day(80)}x70`,
    },
    quiet: { 'rauth_tls_expiry_timestamp_seconds{listener="token"}': `${day(8)}x70` },
    summary: 'the certificate, or the CA of clients, of the listener gateway ends in 2d 22h 59m 0s',
  },
  {
    // Hours after it was told, as it is still there.
    ...{ alert: 'RauthReloadFailed', at: '200m', labels: { ...POD, what: 'policy' } },
    fires: { 'rauth_reload_refused{pod="rauth-1",what="policy"}': '0x5 1x300' },
    quiet: {
      'rauth_reload_refused{pod="rauth-1",what="policy"}': '0x5 1x150 0x150',
      'rauth_reload_refused{pod="rauth-1",what="configuration"}': '0x300',
    },
    summary: 'rauth-1 goes on with the policy of before: what is there now cannot be used',
  },
  {
    ...{ alert: 'RauthPolicyDiffers', at: '20m', labels: NAMESPACE },
    fires: {
      'rauth_policy_info{namespace="registry",pod="rauth-1",version="a"}': '1x30',
      'rauth_policy_info{namespace="registry",pod="rauth-2",version="b"}': '1x30',
    },
    quiet: {
      'rauth_policy_info{namespace="registry",pod="rauth-1",version="a"}': '1x30',
      'rauth_policy_info{namespace="registry",pod="rauth-2",version="a"}': '1x30',
      // Another release.
      'rauth_policy_info{namespace="other",pod="rauth-1",version="b"}': '1x30',
    },
    summary: 'pods of rauth in registry decide by 2 policies',
  },
  {
    ...{ alert: 'RauthIssuerKeys', at: '20m', labels: { issuer: 'https://ci.example' } },
    fires: { 'rauth_identity_keys_failures_total{issuer="https://ci.example"}': '0+1x30' },
    quiet: { 'rauth_identity_keys_failures_total{issuer="https://ci.example"}': '0x10 1x20' },
    summary: 'the keys of https://ci.example cannot be had',
  },
  {
    ...{ alert: 'RauthWorkerEnds', at: '15m', labels: { ...POD, instance: 'a:9090' } },
    fires: { 'rauth_worker_ends_total{pod="rauth-1",instance="a:9090",how="exit"}': '0+1x20' },
    quiet: { 'rauth_worker_ends_total{pod="rauth-1",instance="a:9090",how="exit"}': '0 1x20' },
    summary: 'workers of a:9090 ended 15 times',
  },
  {
    ...{ alert: 'RauthRecordLost', at: '10m', labels: { ...POD, sink: 'log' } },
    fires: { 'rauth_decision_sink_failures_total{pod="rauth-1",sink="log"}': '0+9x20' },
    quiet: { 'rauth_decision_sink_failures_total{pod="rauth-1",sink="log"}': '3x20' },
    summary: '90 decisions of rauth-1 did not reach its log',
  },
  {
    ...{ alert: 'RauthAuditUnwritten', at: '10m', labels: POD },
    fires: { 'rauth_audit_file_up{pod="rauth-1"}': '1x5 0x10' },
    // For less than a minute, as while a full disk is emptied.
    quiet: { 'rauth_audit_file_up{pod="rauth-1"}': '1x9 0 1x10' },
    summary: 'the file of the audit of rauth-1 takes no line',
  },
  {
    ...{ alert: 'RauthAuditLost', at: '10m', labels: POD },
    fires: { 'rauth_audit_lines_lost_total{pod="rauth-1"}': '0+9x20' },
    quiet: { 'rauth_audit_lines_lost_total{pod="rauth-1"}': '3x20' },
    summary: '90 lines of the audit of rauth-1 are lost',
  },
  {
    ...{ alert: 'RauthControllerStale', at: '12m' },
    fires: { rauth_controller_sync_age_seconds: '0+60x20' },
    quiet: { rauth_controller_sync_age_seconds: '0+60x4 0x20' },
    summary: 'the controller has heard nothing of the cluster for 12m 0s',
  },
  {
    ...{ alert: 'RauthControllerWithoutLeader', at: '6m', labels: NAMESPACE },
    fires: {
      'rauth_controller_leader{namespace="registry",pod="a"}': '0x10',
      'rauth_controller_leader{namespace="registry",pod="b"}': '0x10',
    },
    quiet: {
      'rauth_controller_leader{namespace="registry",pod="a"}': '0x10',
      'rauth_controller_leader{namespace="registry",pod="b"}': '1x10',
    },
    summary: 'no controller in registry leads: none writes',
  },
  {
    ...{ alert: 'RauthControllerObstructed', at: '16m', labels: NAMESPACE },
    fires: { 'rauth_controller_namespaces{namespace="registry",state="obstructed"}': '1x20' },
    quiet: {
      'rauth_controller_namespaces{namespace="registry",state="obstructed"}': '0x20',
      'rauth_controller_namespaces{namespace="registry",state="failing"}': '1x20',
    },
    summary: 'the controller cannot keep the Secrets of 1 namespaces',
  },
  {
    ...{ alert: 'RauthControllerFails', at: '40m' },
    fires: { 'rauth_controller_reconciles_total{outcome="failed"}': '0+1x60' },
    quiet: {
      'rauth_controller_reconciles_total{outcome="failed"}': '0x10 1x50',
      'rauth_controller_reconciles_total{outcome="wrote"}': '0+9x60',
    },
    summary: 'the controller fails again and again',
  },
]
