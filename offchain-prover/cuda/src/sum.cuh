// A sum over points, for the group that `point_t`, `bucket_t`, `affine_t` and `scalar_t` are of: sppark instantiates its kernels
// for these names, so that each group has a file of its own.

#include <algorithm>
#include <string>
#include <vector>

// The one kernel of sppark's sums that is no template would be there twice.
#define sort SORT_OF_THIS_GROUP
#include <msm/pippenger.cuh>
#undef sort

#ifndef __CUDA_ARCH__

#include <cstdlib>

static void sum_points(const gpu_t &gpu, const void *points, const void *scalars, size_t count, void *sum)
{
    // Both lie on the device: sppark takes them as they are, and frees neither.
    dev_ptr_t<affine_t> bases{static_cast<affine_t *>(const_cast<void *>(points))};
    dev_ptr_t<scalar_t> factors{static_cast<scalar_t *>(const_cast<void *>(scalars))};
    point_t result;
    msm_t<bucket_t, point_t, affine_t, scalar_t> msm{nullptr, count, sizeof(affine_t), gpu.id()};
    RustError error = msm.invoke(result, bases, count, factors, true);
    if (error.code != 0) {
        std::string reason = error.message ? error.message : "sum over points";
        std::free(error.message);
        throw cuda_error{error.code, reason};
    }
    std::memcpy(sum, &result, sizeof(result));
}

#endif
