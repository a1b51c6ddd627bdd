import { withHeader, words, type Mutation } from './mutation.ts'

export const METHODS: readonly Mutation[] = [
  (request, random) => ({
    ...request,
    method: random.pick(
      words('GET HEAD POST PUT PATCH DELETE OPTIONS TRACE get Post PROPFIND PURGE MKCOL X GET\t'),
    ),
  }),
  withHeader(
    [['X-HTTP-Method-Override', 'GET']],
    [['X-HTTP-Method-Override', 'DELETE']],
    [['X-Method-Override', 'PUT']],
    [['X-HTTP-Method', 'DELETE']],
  ),
]
