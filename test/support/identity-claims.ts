/**
 * Claims as the identity tokens of CI systems have them, from their documentation; without times, issuer
 * and audience.
 */

/** https://docs.github.com/actions/concepts/security/openid-connect */
export const GITHUB = {
  jti: 'example-id',
  sub: 'repo:acme/app:environment:production',
  environment: 'production',
  ref: 'refs/heads/main',
  ref_protected: 'true',
  ref_type: 'branch',
  sha: 'example-sha',
  repository: 'acme/app',
  repository_owner: 'acme',
  repository_id: '74',
  repository_owner_id: '65',
  repository_visibility: 'private',
  actor: 'octocat',
  actor_id: '12',
  workflow: 'example-workflow',
  head_ref: '',
  base_ref: '',
  event_name: 'workflow_dispatch',
  run_id: 'example-run-id',
  run_number: '10',
  run_attempt: '2',
  runner_environment: 'github-hosted',
  job_workflow_ref: 'acme/automation/.github/workflows/oidc.yml@refs/heads/main',
}

/** https://docs.gitlab.com/ci/secrets/id_token_authentication/ */
export const GITLAB = {
  namespace_id: '72',
  namespace_path: 'acme',
  project_id: '20',
  project_path: 'acme/app',
  user_id: '1',
  user_login: 'sample-user',
  user_email: 'sample-user@example.com',
  user_access_level: 'developer',
  user_identities: [
    { provider: 'github', extern_uid: '2435223452345' },
    { provider: 'bitbucket', extern_uid: 'john.smith' },
  ],
  groups_direct: ['acme/admins', 'acme/devs'],
  pipeline_id: '574',
  pipeline_source: 'push',
  job_id: '302',
  ref: 'feature-branch-1',
  ref_type: 'branch',
  ref_path: 'refs/heads/feature-branch-1',
  ref_protected: 'true',
  environment: 'test-environment2',
  environment_protected: 'false',
  deployment_tier: 'testing',
  runner_id: 1,
  runner_environment: 'self-hosted',
  sha: '714a629c0b401fdce83e847fc9589983fc6f46bc',
  project_visibility: 'public',
  ci_config_ref_uri: 'gitlab.example.com/acme/app//.gitlab-ci.yml@refs/heads/main',
  sub: 'project_path:acme/app:ref_type:branch:ref:feature-branch-1',
}
