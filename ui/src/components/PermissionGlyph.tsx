import { type DescribedPermission, glyphCells } from '../lib/permissions';
import styles from './PermissionGlyph.module.css';

const cell = 8;

/**
 * The permission map, small: sixteen cells in their four groups, always in the same place, so that
 * a pattern is recognised without reading.
 */
export function PermissionGlyph({ permissions, held }: { permissions: readonly DescribedPermission[]; held: readonly string[] }) {
  const cells = glyphCells(permissions);
  const width = cells.reduce((most, { x }) => Math.max(most, x), 0) + cell;
  const square = ({ x, y }: { x: number; y: number }, inset: number) =>
    `M${x + inset} ${y + inset}h${cell - 2 * inset}v${cell - 2 * inset}h${2 * inset - cell}z`;
  const heldCells = cells.filter(({ permission }) => held.includes(permission.name));
  const warned = heldCells.filter(({ permission }) => permission.warning != null);
  const text = heldCells.map(({ permission }) => permission.label).join(', ');
  return (
    <span className={styles.wrap}>
      <svg
        className={styles.glyph}
        width={width}
        height={2 * cell + 2}
        role="img"
        aria-label={text === '' ? 'No permission' : `${heldCells.length} of ${cells.length} permissions: ${text}`}
      >
        <title>{text === '' ? 'No permission' : text}</title>
        <path className={styles.empty} d={cells.filter((c) => !heldCells.includes(c)).map((c) => square(c, 1.5)).join('')} />
        <path className={styles.held} d={heldCells.filter((c) => !warned.includes(c)).map((c) => square(c, 0.5)).join('')} />
        <path className={styles.warned} d={warned.map((c) => square(c, 0.5)).join('')} />
        {/* A stroke through the dangerous ones: colour alone would not say it. */}
        <path className={styles.strike} d={warned.map(({ x, y }) => `M${x} ${y + cell}l${cell} ${-cell}`).join('')} />
      </svg>
      <span className={styles.count} aria-hidden="true">
        {held.length}
      </span>
    </span>
  );
}
