import type { CodegenConfig } from '@graphql-codegen/cli';

// Types of exactly the fields the page asks for, from the same schema that the server is made from.
// Documents stay strings, so that no GraphQL parser is shipped.
const config: CodegenConfig = {
  schema: '../schema.graphqls',
  documents: ['src/api/*.ts'],
  generates: {
    'src/api/gen/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        documentMode: 'string',
        scalars: { Long: 'number', RepoOrViewName: 'string' },
        enumsAsTypes: true,
        useTypeImports: true,
        strictScalars: true,
      },
    },
  },
};

export default config;
