// Reads our introspection as the programs do that generate clients from it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { buildClientSchema, buildSchema, getIntrospectionQuery, parse, validate, validateSchema } from 'graphql';
import { sdl } from './sdl.mjs';
import { bringing, start } from './server.mjs';

let server;
before(async () => (server = await start()));
after(() => server?.stop());

async function ask(query) {
  const response = await bringing(server.token)(server.url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, query);
  return data;
}

const newest = { descriptions: true, specifiedByUrl: true, directiveIsRepeatable: true, schemaDescription: true, inputValueDeprecation: true, oneOf: true };

test('graphql-js makes a valid schema of it, however it asks', async () => {
  for (const options of [{}, { descriptions: false }, newest]) {
    const schema = buildClientSchema(await ask(getIntrospectionQuery(options)));
    assert.deepEqual(validateSchema(schema), []);
    const query = '{ tokens(sortBy: Name, typeFilter: []) { results { id ... on ViewPermissionsToken { views { id name } } } } }';
    assert.deepEqual(validate(schema, parse(query)), []);
  }
});

test('a schema is read from text that was made of it', async () => {
  const schema = buildSchema(sdl(await ask(getIntrospectionQuery(newest))), { assumeValidSDL: true });
  assert.deepEqual(validateSchema(schema), []);
  assert.ok(schema.getType('SystemPermissionsToken'));
});

// Section 3.13 and 4.2 of the specification of October 2021.
const october = {
  __Schema: ['description', 'types', 'queryType', 'mutationType', 'subscriptionType', 'directives'],
  __Type: ['kind', 'name', 'description', 'fields(includeDeprecated)', 'interfaces', 'possibleTypes', 'enumValues(includeDeprecated)', 'inputFields', 'ofType', 'specifiedByURL'],
  __Field: ['name', 'description', 'args', 'type', 'isDeprecated', 'deprecationReason'],
  __InputValue: ['name', 'description', 'type', 'defaultValue'],
  __EnumValue: ['name', 'description', 'isDeprecated', 'deprecationReason'],
  __Directive: ['name', 'description', 'locations', 'args', 'isRepeatable'],
  __TypeKind: ['SCALAR', 'OBJECT', 'INTERFACE', 'UNION', 'ENUM', 'INPUT_OBJECT', 'LIST', 'NON_NULL'],
  __DirectiveLocation: [
    'QUERY', 'MUTATION', 'SUBSCRIPTION', 'FIELD', 'FRAGMENT_DEFINITION', 'FRAGMENT_SPREAD', 'INLINE_FRAGMENT', 'VARIABLE_DEFINITION', 'SCHEMA', 'SCALAR', 'OBJECT',
    'FIELD_DEFINITION', 'ARGUMENT_DEFINITION', 'INTERFACE', 'UNION', 'ENUM', 'ENUM_VALUE', 'INPUT_OBJECT', 'INPUT_FIELD_DEFINITION',
  ],
};

test('what it tells of GraphQL itself is what the specification of October 2021 has', async () => {
  const { __schema } = await ask(getIntrospectionQuery(newest));
  const told = {};
  for (const type of __schema.types.filter((t) => t.name.startsWith('__'))) {
    const fields = type.fields.map((f) => f.name + (f.args.length ? `(${f.args.map((a) => a.name)})` : ''));
    told[type.name] = [...fields, ...type.enumValues.map((v) => v.name)].sort();
  }
  const want = Object.fromEntries(Object.entries(october).map(([name, members]) => [name, [...members].sort()]));
  assert.deepEqual(told, want);
  for (const directive of __schema.directives) {
    for (const location of directive.locations) assert.ok(october.__DirectiveLocation.includes(location), `@${directive.name} on ${location}`);
  }
});
