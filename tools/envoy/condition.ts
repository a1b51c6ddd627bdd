import { MAX_LANE_PATHS, MAX_LANE_WINDOW } from '../../src/token/fast-lane.ts'

/**
 * What a token must say for a request to pass in the fast lane, as Envoy's RBAC filter wants it: not the
 * text of an expression of the Common Expression Language, but what a parser of it makes
 * (`google.api.expr.v1alpha1.Expr`).
 */
export type Expression = Readonly<Record<string, unknown>>

const name = (of: string): Expression => ({ ident_expr: { name: of } })
const text = (value: string): Expression => ({ const_expr: { string_value: value } })
const whole = (value: number): Expression => ({ const_expr: { int64_value: value } })
const number = (value: number): Expression => ({ const_expr: { double_value: value } })
const member = (operand: Expression, field: string): Expression => ({
  select_expr: { operand, field },
})
const call = (of: string, ...args: readonly Expression[]): Expression => ({
  call_expr: { function: of, args },
})
const at = (list: Expression, index: Expression): Expression => call('_[_]', list, index)
const all = (...parts: readonly Expression[]): Expression =>
  parts.reduce((one, other) => call('_&&_', one, other))
const any = (...parts: readonly Expression[]): Expression =>
  parts.reduce((one, other) => call('_||_', one, other))

/** Where jwt_authn puts the claims of a token that it has verified. */
const CLAIMS = at(
  at(member(name('metadata'), 'filter_metadata'), text('envoy.filters.http.jwt_authn')),
  text('rauth'),
)
const LANE = at(at(CLAIMS, text('rauth')), text('lane'))
const NOT_BEFORE = at(CLAIMS, text('nbf'))

/** When the request began, in whole seconds; claims are numbers with a fraction to Envoy. */
const TIME = call('int', member(name('request'), 'time'))

/**
 * The time is within the window, and the path begins with one of those of the lane. An index that is not
 * there is an error, and an error is a no. The longest window is said here too: a key that was stolen
 * signs whatever end it likes, and what Envoy has once verified it takes until the end that the token
 * says (`jwt_cache_config`).
 */
export function laneCondition(): Expression {
  const path = member(name('request'), 'path')
  const begins = Array.from({ length: MAX_LANE_PATHS }, (_, index) => ({
    call_expr: {
      target: path,
      function: 'startsWith',
      args: [at(at(LANE, text('paths')), whole(index))],
    },
  }))
  return all(
    call('_<=_', NOT_BEFORE, TIME),
    call('_<_', TIME, at(LANE, text('until'))),
    call('_<_', TIME, call('_+_', NOT_BEFORE, number(MAX_LANE_WINDOW))),
    any(...begins),
  )
}
