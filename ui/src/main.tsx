import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import { keepNothing } from './lib/leaving';
import './styles/global.css';

const root = createRoot(document.getElementById('root')!);
keepNothing(root);
root.render(
  <StrictMode>
    <App />
  </StrictMode>,
);
