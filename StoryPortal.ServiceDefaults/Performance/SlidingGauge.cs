namespace StoryPortal.ServiceDefaults.Performance;

/// <summary>The samples of a gauge, over the window and since the start.</summary>
internal sealed class SlidingGauge
{
    private readonly Lock _lock = new();
    private readonly Queue<GaugeSamples> _slices = [];
    private GaugeSamples _slice;
    private GaugeSamples _total;

    /// <summary>Adds a sample. Any thread may call it.</summary>
    public void Record(double value)
    {
        var sample = new GaugeSamples(value, value, 1);
        lock (_lock)
        {
            _slice = _slice.Add(sample);
            _total = _total.Add(sample);
        }
    }

    /// <summary>Ends a slice, and drops the slices before the last <paramref name="slices"/>.</summary>
    public void EndSlice(int slices)
    {
        lock (_lock)
        {
            _slices.Enqueue(_slice);
            _slice = default;
            while (_slices.Count > slices)
            {
                _slices.Dequeue();
            }
        }
    }

    /// <summary>The samples of the window and all samples.</summary>
    public GaugeSeries Read()
    {
        lock (_lock)
        {
            return new GaugeSeries(_slices.Aggregate(_slice, (sum, slice) => sum.Add(slice)), _total);
        }
    }
}
