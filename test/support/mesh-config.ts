import { readFile } from 'node:fs/promises'
import path from 'node:path'
import protobuf from 'protobufjs'
import type { Json } from './kubernetes/api.ts'
import { istioApi } from './meshes.ts'

/** What is wrong with a configuration, one line each. */
export type Problems = readonly string[]

/** What is wrong with an Istio mesh configuration, by its protobuf definition. */
export async function meshConfigProblems(config: Json): Promise<Problems> {
  const file = path.join(await istioApi(), 'mesh/v1alpha1/config.proto')
  const { root } = protobuf.parse(await readFile(file, 'utf8'), { keepCase: false })
  return fieldProblems(root.lookupType('istio.mesh.v1alpha1.MeshConfig'), config, 'meshConfig')
}

function fieldProblems(type: protobuf.Type, value: Json, at: string): Problems {
  return Object.entries(value).flatMap(([name, one]) => {
    const field = type.fields[name]
    const place = `${at}.${name}`
    if (field === undefined) return [`${place}: ${type.name} has no such field`]
    if (field.repeated !== Array.isArray(one)) return [`${place}: a list, or none where one is due`]
    const each = Array.isArray(one) ? (one as readonly unknown[]) : [one]
    return each.flatMap((item, i) =>
      valueProblems(field, item, field.repeated ? `${place}[${i}]` : place),
    )
  })
}

const SCALARS: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  bool: (value) => typeof value === 'boolean',
  uint32: (value) => Number.isInteger(value) && Number(value) >= 0,
  'google.protobuf.Duration': (value) => /^\d+(\.\d+)?s$/.test(String(value)),
}

function valueProblems(field: protobuf.Field, value: unknown, at: string): Problems {
  const fits = SCALARS[field.type]
  if (fits !== undefined) return fits(value) ? [] : [`${at}: is no ${field.type}`]
  const type = field.parent?.lookup(field.type)
  if (type instanceof protobuf.Enum) {
    return String(value) in type.values ? [] : [`${at}: ${String(value)} is no ${type.name}`]
  }
  if (!(type instanceof protobuf.Type)) return [`${at}: no definition of ${field.type}`]
  return fieldProblems(type, value as Json, at)
}
