import { expect, type Clause } from '../clause.ts'
import { actionsOn, decode, expectActions, expectRefusal, tokenOf } from '../token-server.ts'

/** "Token Scope Documentation": the grammar of what is asked for. */
export const SCOPE_CLAUSES: readonly Clause[] = [
  {
    id: 'scope-port',
    document: 'scope',
    place: 'Resource Scope Grammar',
    level: 'MUST',
    demand: 'a name may begin with a host and a port',
    async check(server) {
      const answer = await server.scopes(
        'repository:localhost:5000/no/such:pull',
        server.scope('pull'),
      )
      expectActions(answer, server.target.own, 'pull')
    },
  },
  {
    id: 'scope-components',
    document: 'scope',
    place: 'Resource Scope Grammar',
    level: 'MUST',
    demand: 'a name may have many components, with dots, underscores and hyphens in them',
    async check(server) {
      const answer = await server.scopes('repository:no.such/a__b/c--d/e_f/0:pull')
      tokenOf(answer)
    },
  },
  {
    id: 'scope-class',
    document: 'scope',
    place: 'Resource Class (deprecated)',
    level: 'SHOULD',
    demand: 'repository(plugin) is asked for as repository, and granted as that',
    async check(server) {
      const { own } = server.target
      expectActions(await server.scopes(`repository(plugin):${own}:pull`), own, 'pull')
    },
  },
  {
    id: 'scope-type-unknown',
    document: 'scope',
    place: 'Resource Type',
    level: 'MUST',
    demand: 'a type that the server does not know is nothing that it grants, and no error',
    async check(server) {
      const { own } = server.target
      const answer = await server.scopes(`nosuchtype:${own}:pull`, server.scope('pull'))
      expectActions(answer, own, 'pull')
      const { access } = decode(tokenOf(answer))
      const granted = access.filter(
        ({ type, actions }) =>
          type === 'nosuchtype' && Array.isArray(actions) && actions.length > 0,
      )
      expect(granted.length === 0, 'it is granted')
    },
  },
  {
    id: 'scope-type-case',
    document: 'scope',
    place: 'Resource Scope Grammar',
    level: 'MUST',
    demand: 'a type in other case is another type, and no part of one is a type',
    async check(server) {
      const { own } = server.target
      const answer = await server.scopes(`Repository:${own}:pull`)
      if (answer.status !== 200) {
        expectRefusal(answer)
        return
      }
      const { access } = decode(tokenOf(answer))
      const odd = access.filter(({ type }) => type !== 'Repository')
      expect(odd.length === 0, `it becomes ${odd.map(({ type }) => String(type)).join()}`)
    },
  },
  {
    id: 'scope-catalog',
    document: 'scope',
    place: 'Resource Type',
    level: 'MUST',
    demand: 'registry:catalog:* can be asked for, whether it is granted or not',
    async check(server) {
      tokenOf(await server.scopes('registry:catalog:*'))
    },
  },
  {
    id: 'scope-action-unknown',
    document: 'token',
    place: 'Requesting a Token',
    level: 'MUST',
    demand: 'an action that means nothing takes nothing from the others',
    async check(server) {
      const { own } = server.target
      const answer = await server.scopes(server.scope('pull,nosuchaction'))
      expect(actionsOn(answer, own).includes('pull'), 'no pull')
    },
  },
  {
    id: 'scope-action-none',
    document: 'scope',
    place: 'Resource Scope Grammar (action)',
    level: 'SHOULD',
    demand: 'an action may be empty, and is none',
    async check(server) {
      expectActions(await server.scopes(server.scope('pull,')), server.target.own, 'pull')
      expectActions(await server.scopes(server.scope('')), server.target.own)
    },
  },
  {
    id: 'scope-name-exact',
    document: 'scope',
    place: 'Resource Name',
    level: 'MUST',
    demand: 'a name with a wildcard or a dot segment in it opens nothing',
    async check(server) {
      const { own, foreign } = server.target
      for (const name of [`${own}/../../${foreign}`, '*', '**', `${own}/../*`]) {
        const answer = await server.scopes(server.scope('pull', name))
        if (answer.status !== 200) expectRefusal(answer)
        else expect(actionsOn(answer, name).length === 0, `${name} is granted`)
      }
    },
  },
  {
    id: 'scope-malformed',
    document: 'RFC 6749',
    place: '§5.2 (invalid_scope)',
    level: 'SHOULD',
    demand: 'what is no scope is the mistake of the client',
    async check(server) {
      for (const scope of ['repository', `repository:${server.target.own}`]) {
        expectRefusal(await server.scopes(scope), 400)
      }
    },
  },
]
