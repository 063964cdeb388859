// The body of a kernel over lib/rows: sums of a chunk (`slice`) of the depth for ROWS rows, whose elements begin at x0 … in a, and COLUMNS columns,
// whose weights begin at w0 … in b; they go into `partial` at [row, column].
  #for r ROWS
  #for c COLUMNS
  var sum$r_$c = 0.0;
  #end
  #end
  let start = slice * p.chunk;
  let end = min(start + p.chunk, p.depth);
  for (var d = start; d < end; d += 4) {
    #if TAIL
    let inside = d + vec4u(0, 1, 2, 3) < vec4u(end);
    #end
    #for c COLUMNS
    #if TAIL
    let b$c = select(vec4f(), load_b(w$c + d), inside);
    #end
    #if !TAIL
    let b$c = load_b(w$c + d);
    #end
    #end
    #for r ROWS
    #if TAIL
    let a$r = select(vec4f(), load_a(x$r + d), inside);
    #end
    #if !TAIL
    let a$r = load_a(x$r + d);
    #end
    #for e 4
    #for c COLUMNS
    sum$r_$c = fma(a$r[$e], b$c[$e], sum$r_$c);
    #end
    #end
    #end
  }
  #for r ROWS
  #for c COLUMNS
  partial[(slice * HEIGHT + row + $r) * WIDTH + column + $c] = sum$r_$c;
  #end
  #end
  workgroupBarrier();
