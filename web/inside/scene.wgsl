// The picture of a look inside: tokens as discs that face the eye, attention as ribbons along parabolas.

struct View { matrix: mat4x4f, pixels: vec2f, zoom: f32 }
struct Node { place: vec3f, size: f32, colour: vec4f }
struct Arc { from_place: vec3f, width: f32, to_place: vec3f, height: f32, colour: vec4f }

@group(0) @binding(0) var<uniform> view: View;
@group(0) @binding(1) var<storage, read> nodes: array<Node>;
@group(0) @binding(2) var<storage, read> arcs: array<Arc>;

struct Corner { @builtin(position) place: vec4f, @location(0) at: vec2f, @location(1) colour: vec4f }

const SEGMENTS = 24u;

@vertex fn node_corner(@builtin(vertex_index) vertex: u32, @builtin(instance_index) instance: u32) -> Corner {
  let node = nodes[instance];
  let at = vec2f(f32(vertex & 1) * 2 - 1, f32(vertex >> 1) * 2 - 1);
  var place = view.matrix * vec4f(node.place, 1);
  // The same size in both directions, smaller with the distance.
  place = vec4f(place.xy + at * node.size * view.zoom * vec2f(view.pixels.y / view.pixels.x, 1), place.zw);
  return Corner(place, at, node.colour);
}

@fragment fn node_colour(corner: Corner) -> @location(0) vec4f {
  let edge = 1 - smoothstep(0.8, 1.0, length(corner.at));
  if (edge <= 0) { discard; }
  return vec4f(corner.colour.rgb, corner.colour.a * edge);
}

fn along(arc: Arc, t: f32) -> vec4f {
  let middle = vec3f(0, arc.height * 4 * t * (1 - t), 0);
  return view.matrix * vec4f(mix(arc.from_place, arc.to_place, t) + middle, 1);
}

@vertex fn arc_corner(@builtin(vertex_index) vertex: u32, @builtin(instance_index) instance: u32) -> Corner {
  let arc = arcs[instance];
  let t = f32(vertex >> 1) / f32(SEGMENTS);
  let side = f32(vertex & 1) * 2 - 1;
  let here = along(arc, t);
  let next = along(arc, t + 0.01);
  // Across the ribbon's direction on the screen, in pixels.
  let direction = (next.xy / next.w - here.xy / here.w) * view.pixels;
  let across = normalize(vec2f(-direction.y, direction.x) + vec2f(0, 1e-6));
  let place = vec4f(here.xy + across * side * arc.width / view.pixels * here.w, here.zw);
  return Corner(place, vec2f(t, side), arc.colour);
}

@fragment fn arc_colour(corner: Corner) -> @location(0) vec4f {
  return vec4f(corner.colour.rgb, corner.colour.a * (1 - 0.6 * abs(corner.at.y)));
}
