/**
 * What was asked for, by its kind: a closed set, so that it can be counted by. `ping` is `/v2/`; `upload` is
 * each step of one, its look at how far it got too.
 */
export const ROUTE_NAMES = [
  'token',
  'ping',
  'catalog',
  'tags',
  'referrers',
  'manifest_read',
  'manifest_write',
  'manifest_delete',
  'blob_read',
  'blob_delete',
  'upload',
] as const

export type RouteName = (typeof ROUTE_NAMES)[number]
