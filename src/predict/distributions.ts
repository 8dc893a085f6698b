// Written by `npm run calibrate -- FOLDERS --write`; docs/agreement.md says how well it holds.
import type { Distributions } from "./learned.js";
import { parseDistributions } from "./parse-distributions.js";

/** What was learned from recordings of guests, which it names. */
export const DISTRIBUTIONS: Distributions = /* @__PURE__ */ parseDistributions(`
recordings 6.1 a-idle-normal-1m a-idle-normal-2m a-idle-normal-4m b-idle-movable-2m c-anon-movable-seed1 c-anon-normal-seed1 c-mlock-normal-seed1 c-pinned-movable-seed1 c-pinned-normal-seed1 c-thp-normal-seed1 c-toofull-normal d-cluster-seed1 d-natural-seed1 d-order3-seed1 d-scatter-dense-seed1 d-scatter-medium-seed1 d-scatter-sparse-seed1 e-mixed-seed1 f-partial-movable f-partial-normal f-refill-holes-seed1 g-automovable-100 g-automovable-301 g-online-default g-online-offline i-bbm256-safe0-seed1 i-bbm256-safe1-seed1 i-bigdevblk-256m m-cache-normal-seed1 r-midchange-normal-seed1 r-retry-seed1 s-churn-automovable-100 s-compile-normal s-grow-160m-movable s-web-normal u-user-normal zram-movable-61 zswap-normal-61 ua-normal-61 ud-auto-61
recordings 5.10 a-idle-normal-2m c-anon-normal-seed1 c-thp-normal-seed1 f-partial-normal u-direct-normal ua-normal-510 ub-normal-510 ud-auto-510
recordings 6.12 a-idle-normal-2m c-anon-normal-seed1 c-thp-normal-seed1 d-natural-seed1 e-mixed-seed1 f-partial-normal i-bigdevblk-256m m-cache-normal-seed1 m-mthp64-normal-seed1 u-user-normal balloon-movable-612 balloon-normal-612 bigblock-movable-612 huge1g-normal-612 huge2m-full-normal-612 huge2m-movable-612 huge2m-normal-612 hwpoison-movable-612 ksm-normal-612 mlock-normal-612 numa2-movable-612 secret-normal-612 swap-disk-movable-612 tight-anon-movable-612 tight-anon-normal-612 tight-cache-normal-612 tight-mixed-normal-612 tight-swap-movable-612 tight-swap300-movable-612 uring-normal-612 vmsplice-movable-612 xfs-dirty-movable-612 zram-movable-612 zram-pressure-movable-612 ua-normal-612 ub-normal-612 ud-auto-612
recordings 7.2 a-idle-normal-2m c-anon-normal-seed1 c-pinned-normal-seed1 e-mixed-seed1 m-cache-normal-seed1 u-user-normal balloon-movable-72 cma-normal-72 ext4-clean-movable-72 ext4-spliced-normal-72 huge1g-mv-movable-72 huge2m-normal-72 tight-anon-normal-72 xfs-clean-normal-72 zram-normal-72 ua-normal-72
# evidence kind kernel guests subblocks turned mean likeness
turned flags Kernel any 81 1983 7 0.0118 7.627
turned flags Kernel 5.10 8 92 0 0.0101 6.701
turned flags Kernel 6.1 33 955 2 0.01105 5.956
turned flags Kernel 6.12 25 651 4 0.01856 6.061
turned flags Kernel 7.2 15 285 1 0.009708 9.594
turned flags Cached any 65 2083 30 0.01881 4.835
turned flags Cached 5.10 5 17 0 0.0167 5.085
turned flags Cached 6.1 26 360 1 0.01655 3.44
turned flags Cached 6.12 22 876 2 0.0122 6.905
turned flags Cached 7.2 12 830 27 0.03337 4.491
turned flags Free any 90 40518 0 0.0003833 6.912
turned flags Free 5.10 10 2419 0 0.00119 6.456
turned flags Free 6.1 39 18614 0 0.0006611 6.642
turned flags Free 6.12 26 11959 0 0.0008289 6.561
turned flags Free 7.2 15 7526 0 0.001031 6.435
turned references Kernel any 75 3682 1 0.001641 10.72
turned references Kernel 5.10 7 88 0 0.003466 7.447
turned references Kernel 6.1 32 2705 0 0.001685 7.599
turned references Kernel 6.12 22 621 0 0.002369 7.78
turned references Kernel 7.2 14 268 1 0.00477 9.948
turned references Free any 90 40850 0 0.0003827 6.908
turned references Free 5.10 10 2419 0 0.001189 6.454
turned references Free 6.1 39 18835 0 0.0006603 6.638
turned references Free 6.12 26 12041 0 0.0008269 6.559
turned references Free 7.2 15 7555 0 0.00103 6.433
turned references Slab any 74 215 7 0.03247 11.54
turned references Slab 5.10 8 11 0 0.02522 6.949
turned references Slab 6.1 29 95 1 0.01989 9.306
turned references Slab 6.12 22 64 2 0.03209 8.49
turned references Slab 7.2 15 45 4 0.05246 7.881
turned flags MovableZone any 34 22909 0 0.0008913 6.321
turned flags MovableZone 6.1 15 8856 0 0.001522 6.126
turned flags MovableZone 6.12 16 11493 0 0.001413 6.115
turned flags MovableZone 7.2 3 2560 0 0.002639 5.854
turned references MovableZone any 34 22921 0 0.0008912 6.32
turned references MovableZone 6.1 15 8856 0 0.001522 6.126
turned references MovableZone 6.12 16 11505 0 0.001413 6.115
turned references MovableZone 7.2 3 2560 0 0.002639 5.854
turned flags Anon any 57 12300 2 0.001156 14.9
turned flags Anon 5.10 6 1228 0 0.00255 7.278
turned flags Anon 6.1 18 4239 1 0.002175 10.73
turned flags Anon 6.12 22 4985 1 0.00211 9.439
turned flags Anon 7.2 11 1848 0 0.002151 7.51
turned references Anon any 58 14496 2 0.001129 14.18
turned references Anon 5.10 6 1245 0 0.002489 7.21
turned references Anon 6.1 18 4496 1 0.002142 10.52
turned references Anon 6.12 22 5865 1 0.002066 9.15
turned references Anon 7.2 12 2890 0 0.001999 7.369
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
turned flags Slab any 36 140 5 0.03714 6.822
turned flags Slab 5.10 4 7 0 0.02788 5.69
turned flags Slab 6.1 12 65 1 0.0252 7.577
turned flags Slab 6.12 13 40 0 0.01777 6.045
turned flags Slab 7.2 7 28 4 0.08124 4.76
turned references SlabIdle any 2 2 0 0.02412 6.123
turned references SlabIdle 6.1 2 2 0 0.02412 6.123
turned flags File any 37 4448 109 0.009062 1.332
turned flags File 5.10 4 7 0 0.01053 2.577
turned flags File 6.1 12 1214 0 0.00616 2.595
turned flags File 6.12 11 1920 0 0.005948 2.562
turned flags File 7.2 10 1307 109 0.0188 1.29
turned flags BufferHeld any 22 572 63 0.1667 3.337
turned flags BufferHeld 6.1 10 203 14 0.1108 3.775
turned flags BufferHeld 6.12 7 227 35 0.1864 4.184
turned flags BufferHeld 7.2 5 142 14 0.193 2.09
turned flags BufferOld any 22 231 29 0.126 14.75
turned flags BufferOld 6.1 7 73 6 0.1015 11.08
turned flags BufferOld 6.12 10 138 21 0.1427 10.94
turned flags BufferOld 7.2 5 20 2 0.114 6.813
turned references File any 47 4379 0 0.001141 7.278
turned references File 5.10 4 7 0 0.003935 6.509
turned references File 6.1 13 1217 0 0.0023 6.766
turned references File 6.12 18 1948 0 0.002102 6.769
turned references File 7.2 12 1207 0 0.002227 6.728
turned references BufferHeld any 22 572 63 0.1667 3.337
turned references BufferHeld 6.1 10 203 14 0.1108 3.775
turned references BufferHeld 6.12 7 227 35 0.1864 4.184
turned references BufferHeld 7.2 5 142 14 0.193 2.09
turned references BufferOld any 23 235 33 0.1465 12.38
turned references BufferOld 6.1 7 73 6 0.1103 10.16
turned references BufferOld 6.12 10 140 23 0.1567 10.03
turned references BufferOld 7.2 6 22 4 0.1705 4.93
turned flags BufferDirty any 6 87 0 0.007483 6.671
turned flags BufferDirty 6.1 4 49 0 0.009759 6.498
turned flags BufferDirty 6.12 1 13 0 0.01442 6.214
turned flags BufferDirty 7.2 1 25 0 0.01356 6.172
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
turned flags BufferFree any 8 224 3 0.01488 6.668
turned flags BufferFree 5.10 4 79 0 0.008455 6.49
turned flags BufferFree 6.1 4 145 3 0.026 6.515
turned references BufferFree any 8 224 3 0.01488 6.668
turned references BufferFree 5.10 4 79 0 0.008455 6.49
turned references BufferFree 6.1 4 145 3 0.026 6.515
turned flags Touched any 12 194 123 0.08494 0.4962
turned flags Touched 6.12 12 194 123 0.08494 0.4962
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
guest 7.2 0.309 0 0 0 0 0 0.001
guest 7.2 0.236 0 0 0 0 0 0.001
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
guest 5.10 0.13 0 0.024 0 0 0.003 0.001 0.008
guest 6.1 0.13 0 0.024 0 0 0.003 0.002 0.009
guest 6.12 0.127 0.003 0.024 0 0 0.003 0.002 0.009
guest 7.2 0.127 0.003 0.024 0 0 0.003 0.002 0.009
guest 5.10 0.198 0 0.055 0 0.001 0.003 0.001 0.004
guest 6.12 0.199 0 0.055 0 0 0.003 0.001 0.004
guest 5.10 0.141 0 0.037 0 0 0.004 0.001 0.014
guest 6.1 0.141 0 0.037 0 0 0.004 0.001 0.014
guest 6.12 0.141 0 0.037 0 0 0.004 0.001 0.014
`);
