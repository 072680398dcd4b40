import { Component, type ReactNode } from 'react';
import { Notice } from '../components/Notice';

/**
 * What is left standing when a part of the page breaks. It shows no detail: there may be a secret
 * in it.
 */
export class ErrorBoundary extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override render() {
    if (!this.state.broken) return this.props.children;
    return (
      <Notice tone="danger" urgent title="This part of the page broke">
        <p>
          Nothing was changed by that. <a href={window.location.pathname}>Load the page again</a>.
        </p>
      </Notice>
    );
  }
}
