// Environments: matrices, cases, aligned rows.
import { Calls } from './calls';
import { Scope } from './cursor';
import { among, Env, Tok } from './symbols';
import { Kind, listOf, Node, relate, seal, Separator } from './tree';

export abstract class Environments extends Calls {
  /** Whether a word that starts a remark stands here. */
  abstract get atClause(): bool;

  environment(env: i32): Node {
    if (!this.enter()) return this.none();
    this.pos++;
    const matrix = env == Env.MATRIX || env == Env.DETERMINANT || env == Env.ARRAY;
    const outer = this.enterScope(Scope.BAR_CLOSES, Scope.ROWS);
    const from = this.top;
    const columns = this.rows(matrix, env == Env.CASES);
    this.expect(Tok.CLOSE);
    this.scope = outer;
    this.nesting--;
    if (this.broken || this.top == from) return this.none();
    if (matrix) {
      const x = this.collect(Kind.MATRIX, columns, from);
      x.isDeterminant = env == Env.DETERMINANT;
      return seal(x);
    }
    if (this.top - from == 1) return this.pop(from);
    if (env == Env.CASES && columns > 1) return seal(this.collect(Kind.CASES, columns, from));
    return listOf(this.collect(Kind.LIST, 0, from), Separator.ROW);
  }

  /** Pushes the cells of all rows; gives the number of columns. */
  rows(matrix: bool, cases: bool): i32 {
    let columns = -1;
    let inRow = 0;
    while (!this.broken && this.kind != Tok.CLOSE && this.kind != Tok.END) {
      const k = this.kind;
      if (k == Tok.HLINE) this.pos++;
      else if (k == Tok.AMP) {
        this.pos++;
        // "& &" would be an empty cell
        if ((matrix || cases) && this.endsCell()) this.broken = true;
      } else if (k == Tok.ROW) {
        this.pos++;
        if (inRow > 0) {
          if (columns >= 0 && inRow != columns && matrix) this.broken = true;
          columns = inRow;
        }
        inRow = 0;
      } else if (isSeparator(k) && !matrix) this.pos++;
      else if (!matrix && !cases && inRow > 0 && k == Tok.REL) this.alignedRelation();
      else {
        // x, if x > 0
        if (cases && inRow > 0 && this.atClause) this.pos++;
        this.push(this.item());
        inRow++;
        const divided = this.endsCell() || this.kind == Tok.REL || (!matrix && isSeparator(this.kind));
        if (!divided) this.broken = true;
      }
    }
    if (inRow > 0 && columns >= 0 && inRow != columns && matrix) this.broken = true;
    return columns < 0 ? inRow : columns;
  }

  /** Whether a cell ends here. */
  endsCell(): bool {
    return among(this.kind, Tok.ROW, Tok.CLOSE);
  }

  /** x &= 5: the cell on the stack is the left side. */
  alignedRelation(): void {
    const left = this.pop(this.top - 1);
    const op = this.token.aux;
    this.pos++;
    if (this.kind == Tok.AMP) this.pos++;
    this.push(this.remarks(relate(left, op, this.operand())));
  }
}

/** Whether the token divides the items of a list; a row does so outside environments only. */
export function isSeparator(k: i32): bool {
  return among(k, Tok.COMMA, Tok.OR);
}

/** Separator.* of a token that divides items: both are in one order. */
export function separatorOf(k: i32): i32 {
  return 1 << (k - Tok.COMMA);
}
