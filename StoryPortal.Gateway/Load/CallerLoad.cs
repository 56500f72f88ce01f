namespace StoryPortal.Gateway.Load;

/// <summary>What one caller holds at present.</summary>
internal sealed class CallerLoad
{
    private int _requests;
    private int _transfers;
    private int _streams;

    /// <summary>Slots of requests.</summary>
    public ref int Requests => ref _requests;

    /// <summary>Slots of transfers.</summary>
    public ref int Transfers => ref _transfers;

    /// <summary>Streams and watches.</summary>
    public ref int Streams => ref _streams;

    /// <summary>Whether the caller holds nothing.</summary>
    public bool IsIdle => (Volatile.Read(ref _requests) | Volatile.Read(ref _transfers) | Volatile.Read(ref _streams)) == 0;
}
