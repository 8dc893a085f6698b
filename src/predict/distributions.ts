// Written by `npm run calibrate -- FOLDERS --write`; docs/agreement.md says how well it holds.
import type { Distributions } from "./learned.js";
import { parseDistributions } from "./parse-distributions.js";

/** What was learned from recordings of guests, which it names. */
export const DISTRIBUTIONS: Distributions = /* @__PURE__ */ parseDistributions(`
recordings 6.1 a-idle-normal-1m a-idle-normal-2m a-idle-normal-4m b-idle-movable-2m c-anon-movable-seed1 c-anon-normal-seed1 c-mlock-normal-seed1 c-pinned-movable-seed1 c-pinned-normal-seed1 c-thp-normal-seed1 c-toofull-normal d-cluster-seed1 d-natural-seed1 d-order3-seed1 d-scatter-dense-seed1 d-scatter-medium-seed1 d-scatter-sparse-seed1 e-mixed-seed1 f-partial-movable f-partial-normal f-refill-holes-seed1 g-automovable-100 g-automovable-301 g-online-default g-online-offline i-bbm256-safe0-seed1 i-bbm256-safe1-seed1 i-bigdevblk-256m m-cache-normal-seed1 r-midchange-normal-seed1 r-retry-seed1 s-churn-automovable-100 s-compile-normal s-grow-160m-movable s-web-normal u-user-normal zram-movable-61 zswap-normal-61
recordings 5.10 a-idle-normal-2m c-anon-normal-seed1 c-thp-normal-seed1 f-partial-normal u-direct-normal
recordings 6.12 a-idle-normal-2m c-anon-normal-seed1 c-thp-normal-seed1 d-natural-seed1 e-mixed-seed1 f-partial-normal i-bigdevblk-256m m-cache-normal-seed1 m-mthp64-normal-seed1 u-user-normal balloon-movable-612 balloon-normal-612 bigblock-movable-612 huge1g-normal-612 huge2m-full-normal-612 huge2m-movable-612 huge2m-normal-612 hwpoison-movable-612 ksm-normal-612 mlock-normal-612 numa2-movable-612 secret-normal-612 swap-disk-movable-612 tight-anon-movable-612 tight-anon-normal-612 tight-cache-normal-612 tight-mixed-normal-612 tight-swap-movable-612 tight-swap300-movable-612 uring-normal-612 vmsplice-movable-612 xfs-dirty-movable-612 zram-movable-612 zram-pressure-movable-612
recordings 7.2 a-idle-normal-2m c-anon-normal-seed1 c-pinned-normal-seed1 e-mixed-seed1 m-cache-normal-seed1 u-user-normal balloon-movable-72 cma-normal-72 ext4-clean-movable-72 ext4-spliced-normal-72 huge1g-mv-movable-72 huge2m-normal-72 tight-anon-normal-72 xfs-clean-normal-72 zram-normal-72
# evidence kind kernel guests subblocks turned mean likeness
turned flags Kernel any 72 1699 13 0.0193 13.53
turned flags Kernel 5.10 5 39 1 0.0222 11.1
turned flags Kernel 6.1 31 867 5 0.01575 14.05
turned flags Kernel 6.12 22 544 4 0.02518 7.313
turned flags Kernel 7.2 14 249 3 0.02454 9.117
turned flags Cached any 56 1632 30 0.02315 5.367
turned flags Cached 5.10 2 8 0 0.02175 5.117
turned flags Cached 6.1 24 246 1 0.01966 3.707
turned flags Cached 6.12 19 614 2 0.01541 7.467
turned flags Cached 7.2 11 764 27 0.03955 4.797
turned flags Free any 81 35702 0 0.0004251 6.89
turned flags Free 5.10 7 1499 0 0.001395 6.39
turned flags Free 6.1 37 17281 0 0.000708 6.626
turned flags Free 6.12 23 10086 0 0.0009249 6.534
turned flags Free 7.2 14 6836 0 0.001122 6.41
turned references Kernel any 66 3399 1 0.001948 10.25
turned references Kernel 5.10 4 34 0 0.004422 7.134
turned references Kernel 6.1 30 2615 0 0.001861 7.455
turned references Kernel 6.12 19 518 0 0.002822 7.575
turned references Kernel 7.2 13 232 1 0.005544 9.702
turned references Free any 81 36023 0 0.0004244 6.886
turned references Free 5.10 7 1499 0 0.001393 6.388
turned references Free 6.1 37 17502 0 0.000707 6.621
turned references Free 6.12 23 10166 0 0.0009224 6.532
turned references Free 7.2 14 6856 0 0.00112 6.408
turned references Slab any 65 193 7 0.03649 11.23
turned references Slab 5.10 5 6 0 0.02969 6.692
turned references Slab 6.1 27 90 1 0.02152 9.11
turned references Slab 6.12 19 55 2 0.03643 8.264
turned references Slab 7.2 14 42 4 0.05739 7.769
turned flags MovableZone any 34 22908 0 0.0008913 6.321
turned flags MovableZone 6.1 15 8856 0 0.001522 6.126
turned flags MovableZone 6.12 16 11493 0 0.001413 6.115
turned flags MovableZone 7.2 3 2559 0 0.002639 5.854
turned references MovableZone any 34 22921 0 0.0008912 6.32
turned references MovableZone 6.1 15 8856 0 0.001522 6.126
turned references MovableZone 6.12 16 11505 0 0.001413 6.115
turned references MovableZone 7.2 3 2560 0 0.002639 5.854
turned flags Anon any 43 9373 2 0.001562 14.39
turned flags Anon 5.10 3 767 0 0.0036 7.019
turned flags Anon 6.1 16 3830 1 0.002647 10.5
turned flags Anon 6.12 19 4333 1 0.002567 9.268
turned flags Anon 7.2 5 443 0 0.003348 7.296
turned references Anon any 49 12347 2 0.001357 13.9
turned references Anon 5.10 3 775 0 0.003244 7.006
turned references Anon 6.1 16 3973 1 0.00249 10.39
turned references Anon 6.12 19 4953 1 0.002419 9.071
turned references Anon 7.2 11 2646 0 0.002264 7.295
turned flags Pinned any 4 619 1 0.01105 8.655
turned flags Pinned 6.1 2 346 0 0.01006 6.152
turned flags Pinned 6.12 1 167 1 0.02247 8.567
turned flags Pinned 7.2 1 106 0 0.01366 6.157
turned references Pinned any 5 808 0 0.004837 6.017
turned references Pinned 6.1 2 346 0 0.007676 5.818
turned references Pinned 6.12 2 289 0 0.007786 5.843
turned references Pinned 7.2 1 173 0 0.009787 5.742
turned flags CachedSuspect any 6 141 24 0.1385 3.98
turned flags CachedSuspect 6.1 6 141 24 0.1385 3.98
turned flags Unknown any 10 1771 7 0.04574 1.341
turned flags Unknown 6.1 9 1769 5 0.0106 5.491
turned flags Unknown 6.12 1 2 2 0.1295 1.034
turned flags Slab any 27 125 5 0.04351 6.216
turned flags Slab 5.10 1 2 0 0.03553 5.26
turned flags Slab 6.1 10 61 1 0.02802 7.231
turned flags Slab 6.12 10 35 0 0.02038 5.788
turned flags Slab 7.2 6 27 4 0.09123 4.413
turned references SlabIdle any 2 2 0 0.02412 6.123
turned references SlabIdle 6.1 2 2 0 0.02412 6.123
turned flags File any 27 4138 109 0.01135 1.295
turned flags File 5.10 1 1 0 0.01364 2.475
turned flags File 6.1 10 1198 0 0.007069 2.542
turned flags File 6.12 8 1891 0 0.007062 2.491
turned flags File 7.2 8 1048 109 0.02414 1.281
turned flags BufferHeld any 16 547 46 0.103 4.096
turned flags BufferHeld 6.1 8 186 9 0.06122 4.767
turned flags BufferHeld 6.12 4 193 22 0.1164 5.249
turned flags BufferHeld 7.2 4 168 15 0.1242 2.702
turned flags BufferFree any 18 291 15 0.06617 7.397
turned flags BufferFree 5.10 1 20 0 0.04854 4.936
turned flags BufferFree 6.1 9 185 7 0.05389 7.108
turned flags BufferFree 6.12 5 78 7 0.07675 7.578
turned flags BufferFree 7.2 3 8 1 0.08271 3.885
turned references File any 38 4312 0 0.001275 7.032
turned references File 5.10 1 1 0 0.004609 6.234
turned references File 6.1 11 1201 0 0.002527 6.592
turned references File 6.12 15 1919 0 0.002355 6.559
turned references File 7.2 11 1191 0 0.002403 6.593
turned references BufferHeld any 16 522 46 0.1036 4.228
turned references BufferHeld 6.1 8 186 9 0.06141 4.815
turned references BufferHeld 6.12 4 193 22 0.1167 5.343
turned references BufferHeld 7.2 4 143 15 0.1257 2.809
turned references BufferFree any 19 295 19 0.09689 4.769
turned references BufferFree 5.10 1 20 0 0.06666 4.009
turned references BufferFree 6.1 9 185 7 0.06208 6.205
turned references BufferFree 6.12 5 80 9 0.09677 5.654
turned references BufferFree 7.2 4 10 3 0.1789 2.299
turned flags BufferDirty any 5 62 0 0.008955 6.586
turned flags BufferDirty 6.1 4 49 0 0.01021 6.479
turned flags BufferDirty 6.12 1 13 0 0.01554 6.185
turned references BufferDirty any 6 87 0 0.007483 6.671
turned references BufferDirty 6.1 4 49 0 0.009759 6.498
turned references BufferDirty 6.12 1 13 0 0.01442 6.214
turned references BufferDirty 7.2 1 25 0 0.01356 6.172
turned flags SlabFew any 8 11 0 0.01383 6.872
turned flags SlabFew 5.10 2 3 0 0.0198 6.363
turned flags SlabFew 6.1 3 4 0 0.01859 6.459
turned flags SlabFew 6.12 2 3 0 0.0198 6.363
turned flags SlabFew 7.2 1 1 0 0.02226 6.217
turned references SlabFew any 15 21 2 0.07009 5.058
turned references SlabFew 5.10 2 3 0 0.03721 5.208
turned references SlabFew 6.1 5 7 0 0.03048 5.502
turned references SlabFew 6.12 5 8 2 0.1151 4.065
turned references SlabFew 7.2 3 3 0 0.03633 5.288
turned flags Touched any 23 1978 168 0.05019 0.5076
turned flags Touched 6.12 12 194 123 0.0708 0.4884
turned flags Touched 7.2 11 1784 45 0.02687 1.188
turned references Held any 1 110 0 0.01442 5.727
turned references Held 7.2 1 110 0 0.01442 5.727
# evidence guests quantiles of the error
short flags 9 -0.06055 -0.009912 -0.0002441 0 0 0 0 0 0.0001465 0.0009766
short references 9 -0.007813 -0.002002 -0.0002441 0 0 0 0 0.0002441 0.0009766 0.0009766
# kernel shares of page kinds
guest 6.1
guest 6.1 0.309
guest 6.1 0.309 0 0 0 0 0 0.001
guest 6.1 0.309 0 0 0 0 0.001 0.001
guest 6.1 0.236
guest 6.1 0.236 0 0 0 0 0 0.001
guest 6.1 0 0.312 0 0 0 0 0.001 0.001
guest 6.1 0.005 0.824 0 0 0 0 0.002
guest 6.1 0 0 0 0 0 0 0 0.035
guest 6.1 0.088 0 0 0 0 0.012 0.006 0.186
guest 6.1 0 0 0 0 0 0 0 0.003
guest 6.1 0 0 0 0 0 0 0 0.031
guest 6.1 0 0 0 0 0 0 0 0.002
guest 6.1 0 0 0 0 0 0 0 0.001
guest 6.1 0.183 0.098 0.093 0.048 0 0.008 0.002 0.015
guest 6.1 0.244 0.13 0.124 0.064 0.001 0.011 0.003 0.021
guest 6.1 0.367 0.076 0.129 0.097 0.001 0.015 0.004 0.031
guest 6.1 0.359 0.078 0.205 0.072 0.002 0.03 0.008 0.061
guest 6.1 0 0 0 0 0 0.014
guest 6.1 0.097 0 0 0 0 0.001 0 0.004
guest 6.1 0.195 0 0 0 0 0.002 0.001 0.007
guest 6.1 0.097
guest 6.1 0.195
guest 6.1 0.073 0 0 0 0 0 0 0.002
guest 6.1 0.147 0 0 0 0 0 0.001
guest 6.1 0 0 0.342 0 0 0.01 0 0.001
guest 6.1 0 0 0.684 0 0 0.019
guest 6.1 0.449 0 0 0 0 0 0.002
guest 6.1 0 0 0.027 0.002 0.005 0.005 0 0.001
guest 6.1 0.002 0 0 0.007 0.015 0.015 0 0.001
guest 6.1 0 0.001 0.123 0.032 0.005 0.02 0 0.001
guest 6.1 0.001 0.001 0.165 0.042 0.006 0.027 0 0.001
guest 6.1 0.002 0.003 0.33 0.084 0.012 0.054 0 0.001
guest 6.1 0.003 0 0.073 0.004
guest 6.1 0.001 0 0.039 0.002
guest 6.1 0.018 0.003 0.21 0.112 0.001 0.008 0 0.002
guest 6.1 0.027 0.005 0.315 0.168 0.001 0.012 0.001 0.001
guest 6.1 0.01 0.01 0.582 0.315 0.002 0.022 0.001 0.001
guest 6.1 0.16 0.023 0.037 0 0 0.005 0.002 0.015
guest 6.1 0.509 0.094 0.147 0 0.001 0.019 0.008 0.061
guest 5.10
guest 5.10 0.309 0 0 0 0 0 0.001
guest 5.10 0 0.312 0 0 0 0 0.001 0.001
guest 5.10 0 0 0 0 0 0.006
guest 5.10 0.177 0.006 0.037 0 0 0.005 0.002 0.016
guest 6.12 0 0 0 0 0 0 0 0.001
guest 6.12 0.309 0 0 0 0 0 0.001
guest 6.12 0 0.312 0 0 0 0 0.001
guest 6.12 0.088 0 0 0 0 0.013 0.007 0.186
guest 6.12 0.183 0.098 0.093 0.048 0.001 0.008 0.002 0.015
guest 6.12 0.244 0.13 0.124 0.064 0.001 0.011 0.003 0.02
guest 6.12 0.367 0.084 0.132 0.097 0.001 0.015 0.005 0.038
guest 6.12 0.365 0.07 0.202 0.076 0.002 0.03 0.009 0.06
guest 6.12
guest 6.12 0 0 0 0 0 0.012
guest 6.12 0 0 0.342 0 0 0.01 0 0.001
guest 6.12 0 0 0.684 0 0 0.019
guest 6.12 0.309 0 0 0 0 0 0.001 0.003
guest 6.12 0.176 0.007 0.037 0 0 0.005 0.002 0.016
guest 6.12 0.571 0.027 0.147 0 0.001 0.019 0.009 0.067
guest 7.2
guest 7.2 0.309 0 0 0 0 0 0.001 0.001
guest 7.2 0.236 0 0 0 0 0 0.001 0.001
guest 7.2 0.172 0.109 0.093 0.048 0 0.009 0.003 0.017
guest 7.2 0.229 0.146 0.124 0.064 0.001 0.011 0.004 0.02
guest 7.2 0.343 0.123 0.126 0.097 0.001 0.017 0.005 0.03
guest 7.2 0.362 0.117 0.217 0.022 0.002 0.032 0.011 0.059
guest 7.2 0 0 0.342 0 0 0.008 0 0.003
guest 7.2 0 0 0.684 0 0 0.017
guest 7.2 0.183 0 0.037 0 0 0.005 0.002 0.017
guest 7.2 0.599 0 0.147 0 0.001 0.02 0.009 0.059
guest 6.12 0 0 0 0 0 0 0 0 0 0.25
guest 7.2 0 0 0 0 0 0 0 0 0 0.25
guest 6.12 0 0 0 0 0 0 0 0.001 0 0.25
guest 6.12 0.293
guest 6.12 0.586
guest 7.2 0.244 0 0.098 0 0 0.003 0 0.001
guest 7.2 0 0 0.244
guest 7.2 0 0 0.195 0 0 0 0 0.003
guest 6.12 0 0 0 0 0 0 0 0.001 0.059
guest 6.12 0 0 0 0 0 0 0 0 0.059
guest 7.2 0 0 0 0 0 0 0 0.001 0.059
guest 6.12 0.342
guest 6.12 0.216 0 0 0 0 0.005 0.001
guest 6.12 0.344 0 0 0 0 0 0.001 0.001
guest 6.12 0.44 0 0.098
guest 6.12 0.483 0 0.195
guest 6.12 1
guest 6.12 0.169 0 0 0 0 0.001 0.001 0.002
guest 6.12 0.176
guest 6.12 0.837 0 0.146
guest 6.12 0.799 0 0.147 0 0 0.004 0.002 0.001
guest 7.2 0.802 0 0.139 0 0 0.004 0.002 0.001
guest 6.12 0.293 0 0.64 0 0 0.018 0.001
guest 6.12 0.439 0 0.438 0 0 0.012 0.001 0.001
guest 6.12 0.977
guest 6.12 0.439 0 0 0 0 0 0.001 0.002
guest 7.2 0 0 0.244 0 0 0 0 0.001
guest 6.12 0 0 0.002 0.247
guest 6.1 0.176 0 0 0 0 0 0 0 0 0.151
guest 6.12 0.176 0 0 0 0 0 0 0 0 0.141
guest 7.2 0.176 0 0 0 0 0.001 0.001 0.002 0 0.141
guest 6.12 0.823 0 0 0 0 0 0 0 0 0.128
guest 6.1 0.176 0 0 0 0 0.005 0.001 0.265
`);
