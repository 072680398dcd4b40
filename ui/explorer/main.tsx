import { createRoot } from 'react-dom/client';
import './workers';
import { keepNothing } from '../src/lib/leaving';
import { Explorer } from './Explorer';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '../src/styles/global.css';
import './library.css';

const root = createRoot(document.getElementById('root')!);
keepNothing(root);
root.render(<Explorer />);
