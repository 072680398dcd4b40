import { buildClientSchema, isSpecifiedDirective, printSchema } from 'graphql';

/**
 * Writes a schema as text from its introspection, with GraphQL's own directives, as LogScale's tool
 * fetches it.
 */
export function sdl(introspection) {
  const schema = buildClientSchema(introspection);
  const type = (t) => (t.kind === 'NON_NULL' ? `${type(t.ofType)}!` : t.kind === 'LIST' ? `[${type(t.ofType)}]` : t.name);
  const argument = (a) => `${a.name}: ${type(a.type)}${a.defaultValue === null ? '' : ` = ${a.defaultValue}`}`;
  const own = introspection.__schema.directives.filter(isSpecifiedDirective).map((d) => {
    const args = d.args.length ? `(${d.args.map(argument).join(', ')})` : '';
    return `directive @${d.name}${args} on ${d.locations.join(' | ')}\n`;
  });
  return own.join('') + '\n' + printSchema(schema) + '\n';
}
