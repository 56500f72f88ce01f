using System.Text.Json.Serialization;
using StoryPortal.DataLayer.Json;

namespace StoryPortal.DataLayer.Events;

/// <summary>The stretches of time by which events are counted, in UTC.</summary>
[JsonConverter(typeof(EnumTextConverter<EventBucket>))]
public enum EventBucket
{
    /// <summary>Minute by minute.</summary>
    Minute,

    /// <summary>Hour by hour.</summary>
    Hour,

    /// <summary>Day by day.</summary>
    Day,
}
