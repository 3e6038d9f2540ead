/**
 * Shaders of the impostors. Each atom is one square that just covers its sphere in the picture; the fragment shader
 * intersects the ray with the sphere and writes the true depth, so spheres, bonds and cell edges cut each other
 * correctly. Half bonds and cell edges are cylinders drawn the same way. Names follow: viewFromWorld, clipFromView.
 */

const COMMON = /* glsl */ `
precision highp float;
uniform mat4 viewFromWorld;
uniform mat4 clipFromView;
uniform float perspective;
`;

/** Which instances the slices leave. */
const SLICES = /* glsl */ `
uniform vec4 sliceNormals[3]; // xyz normal, w from
uniform vec4 sliceEnds;       // to per slice
bool outsideSlices(vec3 center) {
  float ends[3];
  ends[0] = sliceEnds.x; ends[1] = sliceEnds.y; ends[2] = sliceEnds.z;
  for (int k = 0; k < 3; k++) {
    float along = dot(sliceNormals[k].xyz, center);
    if (along < sliceNormals[k].w || along > ends[k]) return true;
  }
  return false;
}
`;

/** Which instances are shown, and in which colour. */
const INSTANCE_COLOR = /* glsl */ `
uniform sampler2D kindColors;
uniform sampler2D colorScale;
uniform vec4 scaleRange;      // from, to, 1 = by scalar, 1 = logarithmic
uniform vec3 selectionColor;
uniform float anySelected;

vec3 instanceColor(vec2 state) {
  float flags = floor(state.y + 0.5);
  vec3 color;
  if (flags >= 1.5) {
    color = vec3(0.55);
  } else if (scaleRange.z > 0.5) {
    vec3 v = vec3(state.x, scaleRange.xy);
    if (scaleRange.w > 0.5) v = log(max(v, vec3(1e-30)));
    float t = clamp((v.x - v.y) / max(v.z - v.y, 1e-30), 0.0, 1.0);
    color = texture2D(colorScale, vec2((t * 255.0 + 0.5) / 256.0, 0.5)).rgb;
  } else {
    color = texture2D(kindColors, vec2((state.x + 0.5) / 256.0, 0.5)).rgb;
  }
  bool chosen = mod(flags, 2.0) > 0.5;
  // a selection pushes everything else back instead of painting over the colour that is being read
  if (anySelected > 0.5 && !chosen) color = mix(color, vec3(dot(color, vec3(0.3, 0.59, 0.11))), 0.55);
  return color;
}

${SLICES}`;
/** Light from above the left shoulder, a soft dark rim that separates atoms, and a haze with depth. */
const SHADING = /* glsl */ `
uniform vec3 background;
uniform vec4 haze;      // depth of front, depth of back, strength, 1 = coverage through multisampling
uniform float transparentBackground;

vec3 shade(vec3 color, vec3 normal, vec3 toEye, float depth) {
  vec3 light = normalize(vec3(-0.45, 0.62, 0.8));
  float wrapped = 0.5 + 0.5 * dot(normal, light);
  vec3 lit = color * (0.36 + 0.72 * wrapped * wrapped);
  float gloss = pow(max(dot(normal, normalize(light + toEye)), 0.0), 42.0);
  lit += vec3(0.2 * gloss);
  lit *= mix(0.6, 1.0, smoothstep(0.0, 0.42, dot(normal, toEye)));
  float t = clamp((depth - haze.x) / max(haze.y - haze.x, 1e-6), 0.0, 1.0);
  return mix(lit, background, haze.z * t * (1.0 - transparentBackground));
}

// true depth of a point in view space; the colour itself is set in main, where Babylon declares its output.
vec4 writeFragment(vec3 color, vec3 hit, float coverage) {
  vec4 clip = clipFromView * vec4(hit, 1.0);
  gl_FragDepth = clamp(0.5 * clip.z / clip.w + 0.5, 0.0, 1.0);
  return vec4(color, haze.w > 0.5 ? clamp(coverage, 0.0, 1.0) : 1.0);
}
`;

/** Smallest coverage that still writes a fragment: with multisampling partial edges count, without they are cut. */
const CUT = /* glsl */ `
float cut() { return haze.w > 0.5 ? 0.05 : 0.5; }
`;

export const SPHERE_VERTEX = /* glsl */ `
${COMMON}
attribute vec3 position;
attribute vec4 atom;
attribute vec2 state;
uniform float radiusScale;
uniform float focalPixels;
${INSTANCE_COLOR}
varying vec3 vPoint;
varying vec3 vCenter;
varying float vRadius;
varying float vSelected;
varying vec3 vColor;
void main() {
  vec3 center = (viewFromWorld * vec4(atom.xyz, 1.0)).xyz;
  float radius = atom.w * radiusScale;
  vCenter = center;
  vRadius = radius;
  vColor = instanceColor(state);
  vSelected = mod(floor(state.y + 0.5), 2.0);
  // the square stands before the sphere, where the sphere's outline is at most about as wide as its radius
  float scale = 1.0;
  float margin = 1.0;
  if (perspective > 0.5) {
    float front = min(center.z + radius, -1e-3);
    scale = front / min(center.z, -1e-3);
    // off the axis of the view a sphere looks longer than wide
    float slope = dot(center.xy, center.xy) / max(center.z * center.z, 1e-6);
    margin = sqrt(1.0 + slope) * 1.08;
  }
  // half a pixel more for the soft edge
  float pixel = perspective > 0.5 ? -center.z / focalPixels : 1.0 / focalPixels;
  vec3 corner = vec3(center.xy * scale, perspective > 0.5 ? min(center.z + radius, -1e-3) : center.z + radius);
  corner.xy += position.xy * (radius * margin + pixel);
  vPoint = corner;
  gl_Position = clipFromView * vec4(corner, 1.0);
  if (outsideSlices(atom.xyz) || radius <= 0.0 || (perspective > 0.5 && center.z > -radius)) gl_Position = vec4(0.0, 0.0, 2.0, 1.0);
}
`;

export const SPHERE_FRAGMENT = /* glsl */ `
${COMMON}
uniform vec3 selectionColor;
varying vec3 vPoint;
varying vec3 vCenter;
varying float vRadius;
varying float vSelected;
varying vec3 vColor;
${SHADING}
${CUT}
void main() {
  vec3 direction = perspective > 0.5 ? normalize(vPoint) : vec3(0.0, 0.0, -1.0);
  vec3 origin = perspective > 0.5 ? vec3(0.0) : vPoint;
  vec3 toCenter = vCenter - origin;
  float along = dot(toCenter, direction);
  float off = length(toCenter - along * direction);
  float coverage = (vRadius - off) / max(fwidth(off), 1e-6) + 0.5;
  if (coverage < cut()) discard;
  vec3 hit = origin + direction * (along - sqrt(max(vRadius * vRadius - off * off, 0.0)));
  vec3 normal = (hit - vCenter) / vRadius;
  vec3 toEye = -direction;
  vec3 color = shade(vColor, normalize(normal), toEye, along);
  if (vSelected > 0.5) color = mix(color, selectionColor, smoothstep(0.62, 0.4, dot(normal, toEye)));
  gl_FragColor = writeFragment(color, hit, coverage);
}
`;

export const CYLINDER_VERTEX = /* glsl */ `
${COMMON}
attribute vec3 position;
attribute vec3 start;
attribute vec3 extent;
attribute vec2 state;
uniform float cylinderRadius;
uniform float plainColor;
uniform vec3 plain;
uniform float focalPixels;
${INSTANCE_COLOR}
varying vec3 vPoint;
varying vec3 vStart;
varying vec3 vAxis;
varying float vLength;
varying vec3 vColor;
void main() {
  vec3 p = (viewFromWorld * vec4(start, 1.0)).xyz;
  vec3 q = (viewFromWorld * vec4(start + extent, 1.0)).xyz;
  vStart = p;
  vLength = max(length(q - p), 1e-6);
  vAxis = (q - p) / vLength;
  vColor = plainColor > 0.5 ? plain : instanceColor(state);
  float front = max(p.z, q.z) + cylinderRadius;
  vec2 p2 = p.xy;
  vec2 q2 = q.xy;
  if (perspective > 0.5) {
    front = min(front, -1e-3);
    p2 *= front / min(p.z, -1e-3);
    q2 *= front / min(q.z, -1e-3);
  }
  vec2 along = q2 - p2;
  float projected = length(along);
  along = projected > 1e-5 ? along / projected : vec2(1.0, 0.0);
  vec2 aside = vec2(-along.y, along.x);
  float pixel = perspective > 0.5 ? -front / focalPixels : 1.0 / focalPixels;
  float width = cylinderRadius * 1.3 + pixel;
  vec2 corner = position.x > 0.0 ? q2 + along * width : p2 - along * width;
  corner += aside * position.y * width;
  vPoint = vec3(corner, front);
  gl_Position = clipFromView * vec4(vPoint, 1.0);
  bool behind = perspective > 0.5 && max(p.z, q.z) > -cylinderRadius;
  if ((plainColor < 0.5 && outsideSlices(start)) || behind) gl_Position = vec4(0.0, 0.0, 2.0, 1.0);
}
`;

export const CYLINDER_FRAGMENT = /* glsl */ `
${COMMON}
uniform float cylinderRadius;
varying vec3 vPoint;
varying vec3 vStart;
varying vec3 vAxis;
varying float vLength;
varying vec3 vColor;
${SHADING}
${CUT}
void main() {
  vec3 direction = perspective > 0.5 ? normalize(vPoint) : vec3(0.0, 0.0, -1.0);
  vec3 origin = (perspective > 0.5 ? vec3(0.0) : vPoint) - vStart;
  // distance between the ray and the axis: |o·(d×a)| / |d×a|
  vec3 normalToBoth = cross(direction, vAxis);
  float sine = length(normalToBoth);
  float off = sine > 1e-4 ? abs(dot(origin, normalToBoth)) / sine : length(cross(origin, vAxis));
  float coverage = (cylinderRadius - off) / max(fwidth(off), 1e-6) + 0.5;
  if (coverage < cut()) discard;
  vec3 d = direction - vAxis * dot(direction, vAxis);
  vec3 o = origin - vAxis * dot(origin, vAxis);
  float a = max(dot(d, d), 1e-12);
  float b = dot(d, o);
  float root = sqrt(max(b * b - a * (dot(o, o) - cylinderRadius * cylinderRadius), 0.0));
  float t = (-b - root) / a;
  vec3 hit = origin + t * direction;
  float along = dot(hit, vAxis);
  vec3 normal = normalize(hit - along * vAxis);
  if (along < 0.0 || along > vLength) {
    // a cap closes the end that the ray meets first
    float end = along < 0.0 ? 0.0 : vLength;
    float slope = dot(direction, vAxis);
    if (abs(slope) < 1e-5) discard;
    t = (end - dot(origin, vAxis)) / slope;
    hit = origin + t * direction;
    if (length(hit - end * vAxis) > cylinderRadius || t < 0.0) discard;
    normal = slope > 0.0 ? -vAxis : vAxis;
  }
  hit += vStart;
  vec3 color = shade(vColor, normal, -direction, -hit.z);
  gl_FragColor = writeFragment(color, hit, coverage);
}
`;

/** Arrows: a shaft and a head in real triangles; position.z says which ring a corner belongs to (0 foot, 1 neck, 2 tip). */
export const ARROW_VERTEX = /* glsl */ `
${COMMON}
attribute vec3 position;
attribute vec3 normal;
attribute vec3 start;
attribute vec3 extent;
attribute vec2 state;
uniform float cylinderRadius;
uniform vec3 plain;
${INSTANCE_COLOR}
varying vec3 vHit;
varying vec3 vNormal;
varying vec3 vColor;
void main() {
  float size = length(extent);
  vec3 along = extent / max(size, 1e-6);
  vec3 aside = normalize(abs(along.z) < 0.9 ? cross(along, vec3(0.0, 0.0, 1.0)) : cross(along, vec3(1.0, 0.0, 0.0)));
  vec3 other = cross(along, aside);
  float radius = min(cylinderRadius, 0.14 * size);
  float head = min(5.0 * radius, 0.5 * size);
  float height = position.z < 0.5 ? 0.0 : position.z < 1.5 ? size - head : size;
  vec3 world = start + radius * (position.x * aside + position.y * other) + height * along;
  vHit = (viewFromWorld * vec4(world, 1.0)).xyz;
  vNormal = (viewFromWorld * vec4(normal.x * aside + normal.y * other + normal.z * along, 0.0)).xyz;
  vColor = plain;
  gl_Position = clipFromView * vec4(vHit, 1.0);
  if (outsideSlices(start)) gl_Position = vec4(0.0, 0.0, 2.0, 1.0);
}
`;

export const ARROW_FRAGMENT = /* glsl */ `
${COMMON}
varying vec3 vHit;
varying vec3 vNormal;
varying vec3 vColor;
${SHADING}
void main() {
  vec3 toEye = perspective > 0.5 ? normalize(-vHit) : vec3(0.0, 0.0, 1.0);
  vec3 color = shade(vColor, normalize(vNormal), toEye, -vHit.z);
  gl_FragColor = writeFragment(color, vHit, 1.0);
}
`;

/** Faces of polyhedra: clear, lit from both sides. */
export const FACE_VERTEX = /* glsl */ `
${COMMON}
attribute vec3 position;
attribute vec3 normal;
attribute vec3 middle;
attribute float kind;
uniform sampler2D kindColors;
${SLICES}varying vec3 vHit;
varying vec3 vNormal;
varying vec3 vColor;
void main() {
  vHit = (viewFromWorld * vec4(position, 1.0)).xyz;
  vNormal = (viewFromWorld * vec4(normal, 0.0)).xyz;
  vColor = texture2D(kindColors, vec2((kind + 0.5) / 256.0, 0.5)).rgb;
  gl_Position = clipFromView * vec4(vHit, 1.0);
  if (outsideSlices(middle)) gl_Position = vec4(0.0, 0.0, 2.0, 1.0);
}
`;

export const FACE_FRAGMENT = /* glsl */ `
${COMMON}
uniform float opacity;
varying vec3 vHit;
varying vec3 vNormal;
varying vec3 vColor;
${SHADING}
void main() {
  vec3 toEye = perspective > 0.5 ? normalize(-vHit) : vec3(0.0, 0.0, 1.0);
  vec3 normal = normalize(vNormal);
  if (dot(normal, toEye) < 0.0) normal = -normal;
  vec3 color = shade(vColor, normal, toEye, -vHit.z);
  vec4 clip = clipFromView * vec4(vHit, 1.0);
  gl_FragDepth = clamp(0.5 * clip.z / clip.w + 0.5, 0.0, 1.0);
  gl_FragColor = vec4(color, opacity);
}
`;
