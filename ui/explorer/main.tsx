import { createRoot } from 'react-dom/client';
import './workers';
import { Explorer } from './Explorer';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './explorer.css';

createRoot(document.getElementById('root')!).render(<Explorer />);
