import { createRoot } from 'react-dom/client';
import './workers';
import { keepNothing } from '../src/lib/leaving';
import { Explorer } from './Explorer';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './explorer.css';

const root = createRoot(document.getElementById('root')!);
keepNothing(root);
root.render(<Explorer />);
