//! A camera as a pinhole behind a lens.

/// A vector or point of the world or of a camera, in metres.
type Vector = [f64; 3];

/// A plane `a x + b y + c z + d = 0`, its normal (a, b, c) of length 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plane {
    normal: Vector,
    offset: f64,
}

impl Default for Plane {
    /// The floor of a world whose z points up.
    fn default() -> Self {
        Self { normal: [0.0, 0.0, 1.0], offset: 0.0 }
    }
}

impl Plane {
    /// a, b, c and d.
    pub fn coefficients(&self) -> [f64; 4] {
        let [a, b, c] = self.normal;
        [a, b, c, self.offset]
    }

    /// The plane of four coefficients of any common scale; `None` where they have no direction.
    pub fn new([a, b, c, d]: [f64; 4]) -> Option<Self> {
        let length = dot([a, b, c], [a, b, c]).sqrt();
        let plane = Self { normal: [a / length, b / length, c / length], offset: d / length };
        (length > 0.0 && length.is_finite() && d.is_finite()).then_some(plane)
    }

    /// The height z of the plane over (x, y); `None` where the plane stands upright.
    pub fn height(&self, x: f64, y: f64) -> Option<f64> {
        let [a, b, c] = self.normal;
        let z = -(a * x + b * y + self.offset) / c;
        z.is_finite().then_some(z)
    }

    /// Where the ray from `origin` along `direction` meets the plane; `None` where it never does.
    fn meet(&self, origin: Vector, direction: Vector) -> Option<Vector> {
        let distance = -(dot(self.normal, origin) + self.offset) / dot(self.normal, direction);
        let at = |i: usize| origin[i] + distance * direction[i];
        (distance.is_finite() && distance > 0.0).then(|| [at(0), at(1), at(2)])
    }
}

/// A camera with lens distortion (Brown-Conrady), as OpenCV models it: axes x right, y down, z forward.
///
/// With (x, y) = (X/Z, Y/Z) in the camera's axes and r^2 = x^2 + y^2, the lens moves a point to
/// x' = x (1 + k1 r^2 + k2 r^4 + k3 r^6) + 2 p1 x y + p2 (r^2 + 2 x^2),
/// y' = y (1 + k1 r^2 + k2 r^4 + k3 r^6) + p1 (r^2 + 2 y^2) + 2 p2 x y, and K moves that to pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Pinhole {
    /// Width and height of the image in pixels.
    pub image_size: (u32, u32),
    /// Intrinsic matrix: fx, skew, cx; 0, fy, cy; 0, 0, 1; in pixels.
    pub(super) k: [Vector; 3],
    /// k1, k2, p1, p2, k3.
    pub(super) dist: [f64; 5],
    /// World to camera, a rotation.
    pub(super) r: [Vector; 3],
    /// World to camera, in metres.
    pub(super) t: Vector,
}

impl Pinhole {
    /// A level camera at `center` that looks at `target`, both in metres of a world whose z points up.
    ///
    /// `focal` is the focal length in pixels, `bend` the first radial coefficient of the lens (below 0: a barrel). The
    /// optical axis passes through the middle of the image. `None` where the camera would look straight up or down,
    /// or a number is not finite.
    pub fn looking(
        image_size: (u32, u32),
        focal: f64,
        bend: f64,
        center: Vector,
        target: Vector,
    ) -> Option<Self> {
        let forward = normalized([0, 1, 2].map(|i| target[i] - center[i]))?;
        let right = normalized([forward[1], -forward[0], 0.0])?;
        let down = cross(forward, right);
        let r = [right, down, forward];
        let (cx, cy) = (f64::from(image_size.0) / 2.0, f64::from(image_size.1) / 2.0);
        let k = [[focal, 0.0, cx], [0.0, focal, cy], [0.0, 0.0, 1.0]];
        let camera =
            Self { image_size, k, dist: [bend, 0.0, 0.0, 0.0, 0.0], r, t: r.map(|row| -dot(row, center)) };
        (focal > 0.0 && focal.is_finite() && bend.is_finite()).then_some(camera)
    }

    /// The intrinsic matrix by rows, in pixels: fx, skew, cx; 0, fy, cy; 0, 0, 1.
    pub fn intrinsics(&self) -> [Vector; 3] {
        self.k
    }

    /// The rotation from the world's axes to the camera's, by rows.
    pub fn rotation(&self) -> [Vector; 3] {
        self.r
    }

    /// Where the camera stands in the world, in metres.
    pub fn center(&self) -> Vector {
        self.to_world(self.t.map(|v| -v))
    }

    /// The pixel of a point of the world, in or outside the image.
    ///
    /// `None` where the point is not in front of the camera, or so far aside that the distortion folds over.
    pub fn project(&self, world: Vector) -> Option<(f64, f64)> {
        let camera = |i: usize| dot(self.r[i], world) + self.t[i];
        let z = camera(2);
        if z <= 1e-9 {
            return None;
        }
        let (x, y) = (camera(0) / z, camera(1) / z);
        let (dx, dy) = self.distort(x, y);
        let pixel = (self.k[0][0] * dx + self.k[0][1] * dy + self.k[0][2], self.k[1][1] * dy + self.k[1][2]);
        (self.is_unfolded(x * x + y * y) && pixel.0.is_finite() && pixel.1.is_finite()).then_some(pixel)
    }

    /// Where somebody stands whose feet are seen at `pixel`: x and y in the world, in metres.
    ///
    /// `None` where the ray of the pixel never meets the ground: the sky.
    pub fn ground_position(&self, pixel: (f64, f64), ground: &Plane) -> Option<(f64, f64)> {
        let [x, y, _] = ground.meet(self.center(), self.ray(pixel)?)?;
        Some((x, y))
    }

    /// The way from the [`center`](Self::center) to what is seen at `pixel`, in the axes of the world, as long as its
    /// part along the optical axis is 1: `center + depth * ray` is the point at that depth.
    ///
    /// `None` where the lens bends no ray there.
    pub fn ray(&self, pixel: (f64, f64)) -> Option<Vector> {
        let dy = (pixel.1 - self.k[1][2]) / self.k[1][1];
        let dx = (pixel.0 - self.k[0][2] - self.k[0][1] * dy) / self.k[0][0];
        let (x, y) = self.undistort(dx, dy)?;
        Some(self.to_world([x, y, 1.0]))
    }

    /// How far a point of the world lies in front of the camera along its optical axis, in metres.
    pub fn depth(&self, world: Vector) -> f64 {
        dot(self.r[2], world) + self.t[2]
    }

    /// A direction of the camera's axes in those of the world: R^T v.
    fn to_world(&self, v: Vector) -> Vector {
        [0, 1, 2].map(|i| self.r[0][i] * v[0] + self.r[1][i] * v[1] + self.r[2][i] * v[2])
    }

    fn distort(&self, x: f64, y: f64) -> (f64, f64) {
        let [k1, k2, p1, p2, k3] = self.dist;
        let r2 = x * x + y * y;
        let radial = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3));
        (
            x * radial + 2.0 * p1 * x * y + p2 * (r2 + 2.0 * x * x),
            y * radial + p1 * (r2 + 2.0 * y * y) + 2.0 * p2 * x * y,
        )
    }

    /// Whether the distorted radius still grows with the radius: d/dr (r + k1 r^3 + k2 r^5 + k3 r^7) > 0.
    fn is_unfolded(&self, r2: f64) -> bool {
        let [k1, k2, _, _, k3] = self.dist;
        1.0 + r2 * (3.0 * k1 + r2 * (5.0 * k2 + r2 * 7.0 * k3)) > 0.0
    }

    /// The inverse of the distortion by Newton's method; `None` where it does not converge.
    fn undistort(&self, dx: f64, dy: f64) -> Option<(f64, f64)> {
        let [k1, k2, p1, p2, k3] = self.dist;
        let (mut x, mut y) = (dx, dy);
        // Quadratic convergence: 3 to 5 rounds for real lenses.
        for _ in 0..20 {
            let (fx, fy) = self.distort(x, y);
            let (ex, ey) = (fx - dx, fy - dy);
            // A hundred-millionth of a pixel and less.
            if ex.abs().max(ey.abs()) < 1e-12 {
                return self.is_unfolded(x * x + y * y).then_some((x, y));
            }
            let r2 = x * x + y * y;
            let radial = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3));
            let slope = 2.0 * (k1 + r2 * (2.0 * k2 + r2 * 3.0 * k3));
            // The Jacobian is symmetric.
            let a = radial + x * x * slope + 2.0 * p1 * y + 6.0 * p2 * x;
            let b = x * y * slope + 2.0 * p1 * x + 2.0 * p2 * y;
            let d = radial + y * y * slope + 6.0 * p1 * y + 2.0 * p2 * x;
            let determinant = a * d - b * b;
            x -= (d * ex - b * ey) / determinant;
            y -= (a * ey - b * ex) / determinant;
        }
        None
    }
}

pub(super) fn dot(a: Vector, b: Vector) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub(super) fn cross(a: Vector, b: Vector) -> Vector {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn normalized(v: Vector) -> Option<Vector> {
    let length = dot(v, v).sqrt();
    (length > 0.0 && length.is_finite()).then(|| v.map(|x| x / length))
}
