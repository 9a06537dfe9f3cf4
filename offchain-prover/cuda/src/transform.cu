// Number-theoretic transforms. sppark's roots of unity and its coset are those of arkworks: the generator is 5.

#include <ff/alt_bn128.hpp>

#include <ntt/ntt.cuh>

#include "parts.hpp"

__global__ void divide_all(fr_t *a, const fr_t *b, const fr_t *c, const fr_t factor, size_t count)
{
#ifdef __CUDA_ARCH__
    size_t stride = (size_t)blockDim.x * gridDim.x;
    for (size_t i = threadIdx.x + (size_t)blockDim.x * blockIdx.x; i < count; i += stride) {
        fr_t value = a[i], other = b[i];
        value *= other;
        other = c[i];
        value -= other;
        value *= factor;
        a[i] = value;
    }
#endif
}

#ifndef __CUDA_ARCH__

using Order = NTT::InputOutputOrder;
using Direction = NTT::Direction;
using Type = NTT::Type;

static void run(const gpu_t &gpu, void *values, uint32_t log_size, Order order, Direction direction, Type type)
{
    stream_t &stream = gpu;
    NTT::Base_dev_ptr(stream, static_cast<fr_t *>(values), log_size, order, direction, type);
}

void clearproof::transform(const gpu_t &gpu, void *values, uint32_t log_size, bool inverse, bool coset)
{
    // The transform of one number is that number.
    if (log_size > 0)
        run(gpu, values, log_size, Order::NN, inverse ? Direction::inverse : Direction::forward,
            coset ? Type::coset : Type::standard);
}

void clearproof::divide(const gpu_t &gpu, void *a, const void *b, const void *c, const uint64_t factor[4], size_t count)
{
    const unsigned threads = 256;
    const size_t wanted = (count + threads - 1) / threads;
    const size_t most = (size_t)gpu.sm_count() * 32;
    const unsigned blocks = (unsigned)(wanted < most ? wanted : most);
    fr_t scale;
    static_assert(sizeof(scale) == 4 * sizeof(uint64_t), "as the interface has them");
    std::memcpy(&scale, factor, sizeof(scale));
    cudaStream_t stream = gpu;
    divide_all<<<blocks, threads, 0, stream>>>(static_cast<fr_t *>(a), static_cast<const fr_t *>(b),
                                               static_cast<const fr_t *>(c), scale, count);
    CUDA_OK(cudaGetLastError());
}

void clearproof::quotient(const gpu_t &gpu, void *a, void *b, void *c, const uint64_t factor[4], uint32_t log_size)
{
    // Coefficients in bit-reversed order are as good as any between two transforms.
    if (log_size > 0)
        for (void *values : {a, b, c}) {
            run(gpu, values, log_size, Order::NR, Direction::inverse, Type::standard);
            run(gpu, values, log_size, Order::RN, Direction::forward, Type::coset);
        }
    divide(gpu, a, b, c, factor, (size_t)1 << log_size);
    transform(gpu, a, log_size, true, true);
}

#endif
