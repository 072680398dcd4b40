import { createRoot } from 'react-dom/client';
import './workers';
import { keepNothing } from '../src/lib/leaving';
import { Explorer } from './Explorer';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '../src/styles/global.css';
import './library.css';

// The editor is most of what is loaded. It begins to come while it is asked who is signed in.
for (const part of [import('monaco-graphql/esm/monaco-editor.js'), import('monaco-graphql/esm/lite.js')]) part.catch(() => undefined);

// When its editors go, as they do for another identity, Monaco rejects what it had begun for them.
// Nobody waits for that any more.
window.addEventListener('unhandledrejection', (event) => {
  if (event.reason instanceof Error && event.reason.name === 'Canceled') event.preventDefault();
});

const root = createRoot(document.getElementById('root')!);
keepNothing(root);
root.render(<Explorer />);
