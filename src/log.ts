/** What rauth needs of a logger: fields first, then the sentence. Fields hold no secret. */
export interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
